import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { findRedisServer } from '../support/redis.js';
import { type Guard, without } from './build.js';
import { Cluster } from './cluster.js';
import type { PromiseName } from './evidence.js';
import { plain, streamed } from './features/plain.js';
import { hurried } from './pace.js';
import { type Draw, runRound } from './round.js';
import { Totals } from './totals.js';

// The embedded server would log each of its restarts.
Logger.overrideLogger(false);

/** Seeds of the ordinary runs with the queue on Redis. */
const SEEDS = [8, 1, 2, 4, 5, 7, 10, 11, 13, 14, 16, 17, 19, 20];
/**
 * The sign of each missing guard. A repeated effect is seen when all work is done; lost work stays lost, and is not
 * waited for.
 */
const missed: Readonly<Record<Guard, Missed>> = {
  fence: {
    promises: ['twice', 'repeated', 'order'],
    settledWithinMs: hurried.settledWithinMs,
    // A worker continues without noticing another one.
    draw: { features: [plain, streamed], kinds: ['worker-suspend', 'worker-partition', 'worker-freeze'] },
  },
  sweep: { promises: ['lost'], settledWithinMs: 8_000, draw: {} },
};

interface Missed {
  readonly promises: readonly PromiseName[];
  readonly settledWithinMs: number;
  readonly draw: Draw;
}
const LIMIT_MS = 600_000;

describe.skipIf(findRedisServer() === null && process.env.REQUIRE_SERVICES !== '1')('The same seeds', () => {
  it.each<Guard>(['fence', 'sweep'])('fail without the %s', { timeout: LIMIT_MS }, async (guard) => {
    const { promises, settledWithinMs, draw } = missed[guard];
    const cluster = await Cluster.start('redis', { ...hurried, settledWithinMs }, without[guard]);
    try {
      expect(await firstFailure(cluster, promises, draw)).not.toBeNull();
    } finally {
      await cluster.stop();
    }
  });
});

async function firstFailure(
  cluster: Cluster,
  promises: readonly PromiseName[],
  draw: Draw,
): Promise<number | null> {
  for (const seed of SEEDS) {
    const round = await runRound(cluster, seed, draw);
    if (!round.violations.some(({ promise }) => promises.includes(promise))) continue;
    process.stderr.write(`as it should: ${Totals.lineOf(round)}\n`);
    return seed;
  }
  return null;
}
