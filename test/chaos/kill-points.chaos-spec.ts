import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRedisServer } from '../support/redis.js';
import { Cluster } from './cluster.js';
import { editsFor, killPoints } from './kill-points.js';
import { hurried } from './pace.js';
import { conclude } from './round.js';
import type { Script } from './features/feature.js';
import { plain } from './features/plain.js';
import { type Played, Sender } from './sender.js';

// The embedded server would log each of its restarts.
Logger.overrideLogger(false);

const FIRST_CHAT = 90_000_000;
const LIMIT_MS = 180_000;

describe('A kill -9 between two steps', () => {
  let cluster: Cluster;
  const scripts: Script[] = [];
  const played: Played[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start(findRedisServer() ? 'redis' : 'postgresql', hurried, editsFor(killPoints));
  }, LIMIT_MS);
  afterAll(() => cluster.stop());

  it.each(killPoints.map(({ name, role }, index) => ({ name, role, index })))(
    'happens $name',
    { timeout: LIMIT_MS },
    async ({ name, role, index }) => {
      const processes = cluster[role];
      const death = new Promise<void>((resolve) => {
        for (const processIndex of processes) processIndex.doom(name, resolve);
      });
      const script = scriptOf(index);
      scripts.push(script);
      const sending = new Sender(cluster).play([script]);
      await death;
      for (const processIndex of processes) processIndex.doom(null);
      played.push(...(await sending));
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    { timeout: LIMIT_MS },
    async () => {
      const { violations, figures } = await conclude(cluster, scripts, played);
      expect(violations).toEqual([]);
      expect(figures).toMatchObject({ messages: killPoints.length, deadTurns: 0, unsaid: 0 });
    },
  );
});

function scriptOf(index: number): Script {
  const token = `q0c${index}n0z`;
  const said = { kind: 'say' as const, token, text: `use:time slow:30 ${token}`, pauseMs: 0, again: null };
  return { chat: FIRST_CHAT + index, feature: plain, actions: [said] };
}
