import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase } from '../../../test/support/database.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../../test/support/redis.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
import { PostgresSlidingWindow } from './postgres-sliding-window.js';
import { RedisSlidingWindow } from './redis-sliding-window.js';
import type { SlidingWindow, WindowHits } from './sliding-window.js';
import { decideWindow } from './window-decision.js';

/** One store with the suite's requirements. */
interface Store {
  /** Two processes' windows over the one store. */
  readonly processes: readonly [SlidingWindow, SlidingWindow];
  /** Makes a key's hits lie this many milliseconds before (or, negative, after) the store's present. */
  seed(key: string, agesMs: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

interface Take extends WindowHits {
  readonly wanted: number;
}

const MINUTE_MS = 60_000;

/** In the order in which the store decided. */
function inOrder(takes: readonly Take[]): Take[] {
  return takes.toSorted((a, b) => a.at - b.at || a.used - b.used || b.granted - a.granted);
}

function fullestWindow(takes: readonly Take[], periodMs: number): number {
  return Math.max(
    0,
    ...takes.map((end) =>
      takes
        .filter(({ at }) => at <= end.at && end.at - at < periodMs)
        .reduce((sum, { granted }) => sum + granted, 0),
    ),
  );
}

/** The results of `decide` for the same calls at the same times. */
function modelled(takes: readonly Take[], limit: number, periodMs: number): Take[] {
  let hits: readonly number[] = [];
  return takes.map(({ at, wanted }) => {
    const decision = decideWindow(hits, at, wanted, limit, periodMs);
    hits = decision.hits;
    return {
      at,
      wanted,
      granted: decision.granted,
      retryAfterMs: decision.retryAfterMs,
      used: decision.used,
    };
  });
}

function keepsThePromise(open: () => Promise<Store>): void {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  const take = async (
    process: 0 | 1,
    key: string,
    wanted: number,
    limit: number,
    periodMs: number,
  ): Promise<Take> => ({
    wanted,
    ...(await store.processes[process].takeHits(key, wanted, limit, periodMs)),
  });

  it('grants up to the limit and says when more is available', async () => {
    const key = randomUUID();
    expect(await take(0, key, 2, 3, MINUTE_MS)).toMatchObject({ granted: 2, retryAfterMs: 0, used: 2 });
    const partly = await take(1, key, 2, 3, MINUTE_MS);
    expect(partly).toMatchObject({ granted: 1, used: 3 });
    expect(partly.retryAfterMs).toBeGreaterThan(0);
    expect(partly.retryAfterMs).toBeLessThanOrEqual(MINUTE_MS);
  });

  it('does not count refused units, and keeps keys apart', async () => {
    const key = randomUUID();
    await take(0, key, 1, 1, MINUTE_MS);
    for (let asked = 0; asked < 5; asked += 1) {
      expect(await take(0, key, 1, 1, MINUTE_MS)).toMatchObject({ granted: 0, used: 1 });
    }
    expect(await take(0, randomUUID(), 1, 1, MINUTE_MS)).toMatchObject({ granted: 1, used: 1 });
  });

  it('starts anew after a key is forgotten, in every process, and forgets no other', async () => {
    const [key, other] = [randomUUID(), randomUUID()];
    for (const each of [key, other]) await take(0, each, 3, 3, MINUTE_MS);
    await store.processes[1].forget(key);
    await store.processes[1].forget(randomUUID());
    expect(await take(0, key, 1, 3, MINUTE_MS)).toMatchObject({ granted: 1, used: 1 });
    expect(await take(0, other, 1, 3, MINUTE_MS)).toMatchObject({ granted: 0, used: 3 });
  });

  it('grants exactly the limit to two processes that ask at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = randomUUID();
      const asks = Array.from({ length: 30 }, (_, index) =>
        take(index % 2 === 0 ? 0 : 1, key, 1, 7, MINUTE_MS),
      );
      const granted = (await Promise.all(asks)).reduce((sum, one) => sum + one.granted, 0);
      expect(granted).toBe(7);
    }
  });

  it('is available again at the time it named', async () => {
    const key = randomUUID();
    const first = await take(0, key, 3, 3, 40);
    const refused = await take(0, key, 1, 3, 40);
    let next = refused;
    while (next.granted === 0) next = await take(1, key, 1, 3, 40);
    expect(next.at).toBeGreaterThanOrEqual(first.at + 40);
    expect(next.used).toBe(1);
  });

  it('decides as the model does, so that no window exceeds the limit', async () => {
    const batch = fc.array(
      fc.record({ process: fc.constantFrom(0, 1), wanted: fc.integer({ min: 1, max: 5 }) }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const batches = fc.array(batch, { minLength: 5, maxLength: 20 });
    const limits = fc.integer({ min: 1, max: 6 });
    const periods = fc.integer({ min: 1, max: 25 });
    await fc.assert(
      fc.asyncProperty(batches, limits, periods, async (sequence, limit, periodMs) => {
        const key = randomUUID();
        const takes: Take[] = [];
        for (const concurrent of sequence) {
          const asks = concurrent.map(({ process, wanted }) =>
            take(process === 0 ? 0 : 1, key, wanted, limit, periodMs),
          );
          takes.push(...(await Promise.all(asks)));
        }
        const ordered = inOrder(takes);
        expect(ordered).toEqual(modelled(ordered, limit, periodMs));
        expect(fullestWindow(ordered, periodMs)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 20 },
    );
  }, 30_000);

  it('decides as the model does on windows of any age, with hits in the future after a clock was set back', async () => {
    const ages = fc.array(fc.integer({ min: -100, max: 200 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        ages,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (some, limit, wanted) => {
          const key = randomUUID();
          const agesMs = some.toSorted((a, b) => b - a).map((age) => age * MINUTE_MS + MINUTE_MS / 2);
          const periodMs = 100 * MINUTE_MS;
          await store.seed(key, agesMs);
          const first = await take(0, key, wanted, limit, periodMs);
          const model = decideWindow(
            agesMs.map((age) => first.at - age),
            first.at,
            wanted,
            limit,
            periodMs,
          );
          expect(first).toMatchObject({ granted: model.granted, used: model.used });
          // The seed is some milliseconds older than the take.
          expect(Math.abs(first.retryAfterMs - model.retryAfterMs)).toBeLessThan(MINUTE_MS);
          // Future hits count from now on.
          const second = await take(1, key, 1, limit, periodMs);
          expect(second.retryAfterMs).toBeLessThanOrEqual(periodMs);
        },
      ),
      { numRuns: 40 },
    );
  }, 30_000);
}

describeWithRedis('RedisSlidingWindow', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  keepsThePromise(async () => {
    const processes = [new RedisSlidingWindow(server.url), new RedisSlidingWindow(server.url)] as const;
    await Promise.all(processes.map((window) => window.onModuleInit()));
    const client = new Redis(server.url);
    return {
      processes,
      seed: async (key, agesMs) => {
        const [seconds = 0, microseconds = 0] = (await client.time()).map(Number);
        const now = seconds * 1_000_000 + microseconds;
        if (agesMs.length > 0)
          await client.rpush(`turnpike:window:${key}`, ...agesMs.map((age) => now - age * 1_000));
      },
      close: async () => {
        for (const window of processes) window.onApplicationShutdown();
        await client.quit();
      },
    };
  });
});

const openPool = (url: string) => new DatabasePool(new Database(url), { poolSize: 6 });

describe('PostgresSlidingWindow', () => {
  keepsThePromise(async () => {
    const database = await startTestDatabase();
    const pools = [openPool(database.url), openPool(database.url)] as const;
    return {
      processes: [new PostgresSlidingWindow(pools[0]), new PostgresSlidingWindow(pools[1])],
      seed: async (key, agesMs) => {
        await pools[0].query(
          `INSERT INTO throttle_windows (key, hits, expires_at)
           SELECT $1, ARRAY(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 - age
                            FROM unnest($2::float8[]) WITH ORDINALITY AS a (age, place) ORDER BY place), 'infinity'`,
          [key, agesMs],
        );
      },
      close: async () => {
        await Promise.all(pools.map((pool) => pool.end()));
        await database.stop();
      },
    };
  });
});
