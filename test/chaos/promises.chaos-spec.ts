import { Logger } from '@nestjs/common';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../support/backends.js';
import { findRedisServer } from '../support/redis.js';
import { Cluster } from './cluster.js';
import { backendOf, planOf } from './plan.js';
import { runRound } from './round.js';
import { Totals } from './totals.js';

// The embedded server would log each of its restarts.
Logger.overrideLogger(false);

const plan = planOf(process.env);
const LIMIT_MS = 24 * 3_600_000;

describe('Under every fault', () => {
  const totals = new Totals();
  afterAll(() => say(`\n${totals.toString()}\n`));

  for (const backend of ['redis', 'postgresql'] as const) {
    const possible =
      backend === 'postgresql' || findRedisServer() !== null || process.env.REQUIRE_SERVICES === '1';
    it.skipIf(!possible || !wanted(backend))(
      `loses nothing, repeats nothing and keeps the order, with the queue on ${backend}`,
      { timeout: LIMIT_MS },
      async () => {
        const failed: number[] = [];
        let broken = true;
        const cluster = await Cluster.start(backend, plan.pace);
        try {
          for (const seed of seedsOf(backend)) {
            const round = await runRound(cluster, seed);
            totals.add(round);
            say(`${Totals.lineOf(round)}\n`);
            if (round.violations.length > 0) failed.push(seed);
          }
          broken = failed.length > 0;
        } finally {
          if (broken) say(`what the processes said: ${await cluster.keepLogs()}\n`);
          totals.addCluster(cluster);
          await cluster.stop();
        }
        expect(failed.map(plan.replayOf)).toEqual([]);
      },
    );
  }
});

function* seedsOf(backend: Backend): Iterable<number> {
  const until = Date.now() + (plan.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  for (const seed of plan.seeds()) {
    if (Date.now() > until) return;
    if (backendOf(seed) === backend) yield seed;
  }
}

const wanted = (backend: Backend): boolean =>
  plan.minutes !== null || [...plan.seeds()].some((seed) => backendOf(seed) === backend);

const say = (text: string) => void process.stderr.write(text);
