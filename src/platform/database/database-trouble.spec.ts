import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { isUnreachable } from '../errors/unreachable.js';
import { DatabasePool } from './database-pool.js';
import { Database } from './database.js';
import { Prisma } from '../../generated/prisma/client.js';
import { PrismaService } from './prisma.service.js';

let room: Room;
const pools: DatabasePool[] = [];

beforeAll(async () => {
  room = await Room.open();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});
afterAll(() => room.close());

function poolOf(url: string, poolSize = 1): DatabasePool {
  const pool = new DatabasePool(new Database(url), { poolSize });
  pools.push(pool);
  return pool;
}

/** Every way in which this code queries. */
function waysOver(pool: DatabasePool): Record<string, () => Promise<unknown>> {
  const prisma = new PrismaService(pool);
  return {
    query: () => prisma.conversation.count(),
    'raw query': () => prisma.$queryRaw`SELECT 1`,
    'query in a transaction': () => prisma.$transaction((tx) => tx.conversation.count()),
    'raw query in a transaction': () => prisma.$transaction((tx) => tx.$queryRaw`SELECT 1`),
    'a direct statement': () => prisma.direct.run(Prisma.sql`SELECT 1`),
    'a direct transaction': () => prisma.direct.transaction((run) => run(Prisma.sql`SELECT 1`)),
    'the bare driver': () => pool.query('SELECT 1'),
  };
}

async function isTroubleOfEverybody(pool: DatabasePool): Promise<void> {
  for (const [way, ask] of Object.entries(waysOver(pool))) {
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect([way, isUnreachable(error), String(error)]).toEqual([way, true, expect.any(String)]);
  }
}

async function isTrouble(work: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await work.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  expect([isUnreachable(error), JSON.stringify(error)]).toEqual([true, expect.stringContaining(code)]);
}

describe('errors of a real PostgreSQL, through Prisma and pg, count as the database’s trouble', () => {
  it('when it cannot be reached', () => isTroubleOfEverybody(poolOf('postgresql://nobody@127.0.0.1:1/none')));

  it('when its name cannot be found', () =>
    isTroubleOfEverybody(poolOf('postgresql://nobody@nowhere.invalid/none')));

  it('when it cuts connections', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await isTroubleOfEverybody(poolOf(`postgresql://nobody@127.0.0.1:${port}/none`));
    server.close();
  });

  it('when it has no such database, or no connection left for this role', async () => {
    const url = new URL(room.url);
    url.pathname = '/nowhere';
    await isTroubleOfEverybody(poolOf(url.href));
    url.pathname = new URL(room.url).pathname;
    await room.pool.query(`CREATE ROLE crowded LOGIN PASSWORD 'secret' CONNECTION LIMIT 0`);
    Object.assign(url, { username: 'crowded', password: 'secret' });
    try {
      await isTroubleOfEverybody(poolOf(url.href));
    } finally {
      await room.pool.query('DROP ROLE crowded');
    }
  });

  it('when all connections of the pool are lent out', async () => {
    const pool = poolOf(room.url);
    const lent = await pool.connect();
    const asked = Object.entries(waysOver(pool)).map(async ([way, ask]) => {
      const error: unknown = await ask().catch((thrown: unknown) => thrown);
      expect([way, isUnreachable(error), String(error)]).toEqual([way, true, expect.any(String)]);
    });
    await Promise.all(asked).finally(() => lent.release());
  });

  it('when the connection is cut, before a statement and within it', async () => {
    const cut = (pid: number) => room.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    const { prisma } = room;
    const errors = await Promise.all([
      prisma
        .$transaction(async (tx) => {
          const [own] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
          await cut(own?.pid ?? 0);
          await tx.conversation.count().catch(() => undefined);
          await tx.$queryRaw`SELECT 1`;
        })
        .catch((thrown: unknown) => thrown),
      prisma.$queryRaw`SELECT 1 WHERE pg_terminate_backend(pg_backend_pid())`.catch(
        (thrown: unknown) => thrown,
      ),
      room.pool
        .query('SELECT 1 WHERE pg_terminate_backend(pg_backend_pid())')
        .catch((thrown: unknown) => thrown),
    ]);
    for (const error of errors)
      expect([isUnreachable(error), String(error)]).toEqual([true, expect.any(String)]);
  });

  it('when a statement takes too long, and a transaction', async () => {
    const { prisma } = room;
    await isTrouble(
      prisma.$transaction(async (tx) => {
        await tx.$executeRaw`SET LOCAL statement_timeout = 20`;
        await tx.$queryRaw`SELECT 1 FROM pg_sleep(5)`;
      }),
      '57014',
    );
    for (const last of ['a statement', 'the commit']) {
      const slow = prisma.$transaction(
        async (tx) => {
          await tx.$queryRaw`SELECT 1 FROM pg_sleep(0.2)`;
          if (last === 'a statement') await tx.conversation.count();
        },
        { timeout: 50 },
      );
      await isTrouble(slow, 'P2028');
    }
  });

  it('when it is read-only', async () => {
    for (const raw of [true, false]) {
      const write = room.prisma.$transaction(async (tx) => {
        await tx.$executeRaw`SET TRANSACTION READ ONLY`;
        if (raw) await tx.$executeRaw`UPDATE leases SET token = 1`;
        else await tx.lease.updateMany({ data: { token: 1n } });
      });
      await isTrouble(write, '25006');
    }
  });

  it('when a lock is not available in time, or is refused by a deadlock', async () => {
    const [one, other] = [await room.conversation(), await room.conversation()];
    const { prisma } = room;
    await prisma.$transaction(async (tx) => {
      await tx.conversation.update({ where: { id: one.id }, data: { title: 'held' } });
      const waiting = prisma.$transaction(async (late) => {
        await late.$executeRaw`SET LOCAL lock_timeout = 20`;
        await late.conversation.update({ where: { id: one.id }, data: { title: 'late' } });
      });
      await isTrouble(waiting, '55P03');
    });
    let arrived = 0;
    let bothHold: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (bothHold = resolve));
    const crossing = (first: string, second: string) =>
      prisma.$transaction(async (tx) => {
        await tx.conversation.update({ where: { id: first }, data: { title: 'first' } });
        if ((arrived += 1) === 2) bothHold();
        await held;
        await tx.conversation.update({ where: { id: second }, data: { title: 'second' } });
      });
    const outcomes = await Promise.allSettled([crossing(one.id, other.id), crossing(other.id, one.id)]);
    const victims = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(victims).toHaveLength(1);
    await isTrouble(Promise.reject(victims[0]), '40P01');
  });

  it('but not when a value is too long, or a row exists already', async () => {
    const { id, channel, chatId, chatType } = await room.conversation();
    const twice = await room.prisma.conversation
      .create({ data: { id, channel, chatId, chatType } })
      .catch((thrown: unknown) => thrown);
    const odd = await room.prisma.$queryRaw`SELECT 'x'::uuid`.catch((thrown: unknown) => thrown);
    expect([twice, odd].map((error) => [error instanceof Error, isUnreachable(error)])).toEqual([
      [true, false],
      [true, false],
    ]);
  });
});
