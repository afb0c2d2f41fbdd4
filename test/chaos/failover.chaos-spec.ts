import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Database } from '../../src/platform/database/database.js';
import { DatabasePool } from '../../src/platform/database/database-pool.js';
import { Migrator } from '../../src/platform/database/migrator.js';
import { PrismaService } from '../../src/platform/database/prisma.service.js';
import { LeaseLostError } from '../../src/platform/errors/errors.js';
import { LeaseRepository } from '../../src/queue/lease/lease.repository.js';
import { eventually } from '../support/eventually.js';
import { findRedisServer } from '../support/redis.js';
import { Cluster } from './cluster.js';
import type { Accepted } from './evidence.js';
import { ReplicatedPostgres, type Replication } from './failover/replicated-postgres.js';
import { findServerBinaries } from './failover/server-binaries.js';
import { steer } from './features/busy.js';
import { commands } from './features/commands.js';
import { group } from './features/group.js';
import { plain, streamed } from './features/plain.js';
import { planOf } from './plan.js';
import { conclude } from './round.js';
import { Sender } from './sender.js';
import { trafficOf } from './traffic.js';

// The embedded server would log each of its restarts.
Logger.overrideLogger(false);

const LIMIT_MS = 900_000;
const SEED = 9_001;
const LAG_MS = 1_500;
/** No call hangs here, so no turn has to run out of time. */
const pace = { ...planOf(process.env).pace, turnTimeoutMs: 60_000 };
const binaries = findServerBinaries();
if (binaries === null && process.env.REQUIRE_SERVICES === '1')
  throw new Error('no PostgreSQL of Debian with pg_basebackup: apt-get install postgresql');
if (binaries === null)
  process.stderr.write(
    'skipped: a failover: no PostgreSQL with pg_basebackup (apt-get install postgresql)\n',
  );

const written = [plain, streamed, group];
/** A lost command leaves no trace to judge by, so a database that may lose some gets none. */
const traffic = { synchronous: [...written, commands, steer], asynchronous: written };

/** Runs traffic, and `fault` in its middle. @returns the oracle's verdict, and the number of lost messages */
async function runWith(
  replication: Replication,
  fault: (database: ReplicatedPostgres) => Promise<void>,
  mayLose: (message: Accepted) => boolean = () => false,
) {
  const cluster = await Cluster.startOn(
    () => ReplicatedPostgres.start(binaries ?? '', replication),
    findRedisServer() ? 'redis' : 'postgresql',
    pace,
  );
  let broken = true;
  try {
    const scripts = trafficOf(SEED, pace, traffic[replication]);
    const [played] = await Promise.all([
      new Sender(cluster).play(scripts),
      pause(pace.overMs / 2).then(() => fault(cluster.postgres)),
    ]);
    const conclusion = await conclude(cluster, scripts, played, { lose: mayLose });
    const accepted = played.flatMap(({ sent }) => sent).length;
    broken = conclusion.violations.length > 0;
    return { ...conclusion, forgotten: accepted - conclusion.figures.messages };
  } finally {
    if (broken) process.stderr.write(`what the processes said: ${await cluster.keepLogs()}\n`);
    await cluster.stop();
  }
}

describe.skipIf(binaries === null)('A failover to a standby, under load', () => {
  it('loses and repeats nothing with a synchronous standby', { timeout: LIMIT_MS }, async () => {
    const { violations, forgotten } = await runWith('synchronous', (database) => database.failOver());
    expect(violations).toEqual([]);
    expect(forgotten).toBe(0);
  });

  it(
    'loses only the standby’s missing commits with an asynchronous one, and keeps the promises about the rest',
    { timeout: LIMIT_MS },
    async () => {
      let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const { violations } = await runWith(
        'asynchronous',
        async (database) => {
          from = Date.now();
          await database.lag(LAG_MS);
          await database.failOver();
          until = Date.now();
        },
        // An accepted update may have been on its way since before that.
        ({ acceptedAt }) => acceptedAt >= from && acceptedAt <= until,
      );
      expect(violations).toEqual([]);
    },
  );
});

describe.skipIf(binaries === null)('A lease that only the lost primary had', () => {
  it('is valid for no holder once another one is handed out', { timeout: LIMIT_MS }, async () => {
    const database = await ReplicatedPostgres.start(binaries ?? '', 'asynchronous');
    await new Migrator(database.url).apply();
    const pools = [0, 1].map(() => new DatabasePool(new Database(database.url), { poolSize: 2 }));
    const [before, after] = pools.map((pool) => {
      const prisma = new PrismaService(pool);
      return { prisma, leases: new LeaseRepository(prisma) };
    });
    if (!before || !after) throw new Error('two were made');
    try {
      const conversationId = randomUUID();
      await before.prisma.conversation.create({
        data: { id: conversationId, channel: 'telegram', chatId: '1', chatType: 'private' },
      });
      const first = await before.leases.acquire(conversationId, 'turns');
      if (!first) throw new Error('it is free');
      await before.leases.release(first);
      await caughtUp(database);
      await database.lag(0);
      const lost = await before.leases.acquire(conversationId, 'turns');
      if (!lost) throw new Error('it is free');
      await database.failOver();
      const found = await eventually(async () => {
        const lease = await after.leases.acquire(conversationId, 'turns');
        if (!lease) throw new Error('the new primary does not know of the lost lease');
        return lease;
      });
      expect(found.token).not.toBe(lost.token);
      const holds = (lease: typeof lost) =>
        eventually(() => after.prisma.$transaction((tx) => after.leases.assertHeld(tx, lease)));
      await holds(found);
      await expect(
        after.prisma.$transaction((tx) => after.leases.assertHeld(tx, lost)),
      ).rejects.toBeInstanceOf(LeaseLostError);
    } finally {
      for (const side of [before, after]) await side.prisma.$disconnect();
      for (const pool of pools) await pool.end();
      await database.close();
    }
  });
});

/** The standby has all commits so far. */
async function caughtUp(database: ReplicatedPostgres): Promise<void> {
  await eventually(async () => {
    const [row] = await database.sql<{ behind: boolean }>(
      'SELECT replay_lsn < pg_current_wal_lsn() AS behind FROM pg_stat_replication',
    );
    if (row?.behind !== false) throw new Error('the standby is behind');
  });
}
