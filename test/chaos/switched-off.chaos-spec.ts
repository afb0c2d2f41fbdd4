import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { findRedisServer } from '../support/redis.js';
import { type Guard, without } from './build.js';
import { Cluster } from './cluster.js';
import { hurried } from './pace.js';
import { runRound } from './round.js';
import { Totals } from './totals.js';

// The embedded server would tell of each of its restarts.
Logger.overrideLogger(false);

/** Seeds of the ordinary runs with the queue on Redis. */
const SEEDS = [8, 1, 2, 4, 5, 7, 10, 11, 13, 14, 16, 17, 19, 20];
/** What is lost stays lost: no need to wait long for it. */
const pace = { ...hurried, settledWithinMs: 8_000 };
const LIMIT_MS = 600_000;

describe.skipIf(findRedisServer() === null && process.env.REQUIRE_SERVICES !== '1')('The same seeds', () => {
  it.each<Guard>(['fence', 'sweep'])('fail without the %s', { timeout: LIMIT_MS }, async (guard) => {
    const cluster = await Cluster.start('redis', pace, without[guard]);
    try {
      expect(await firstFailure(cluster)).not.toBeNull();
    } finally {
      await cluster.stop();
    }
  });
});

async function firstFailure(cluster: Cluster): Promise<number | null> {
  for (const seed of SEEDS) {
    const round = await runRound(cluster, seed);
    if (round.violations.length === 0) continue;
    process.stderr.write(`as it should: ${Totals.lineOf(round)}\n`);
    return seed;
  }
  return null;
}
