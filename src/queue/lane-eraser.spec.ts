import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Backend, describeOnEachBackend } from '../../test/support/backends.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { lanes as laneNames } from './lanes.js';

describeOnEachBackend('LaneEraser', (backend) => {
  let lanes: Lanes;

  beforeAll(async () => {
    lanes = await Lanes.openAlone(backend);
  });
  afterEach(() => lanes.rest());
  afterAll(() => lanes.close());

  /** Every place where the backend holds this text. */
  const traces = (text: string) => tracesIn(backend, lanes.url, text);

  /** Wakes the lane, and waits until a later wake-up has arrived. */
  async function wake(id: string): Promise<void> {
    for (const lane of laneNames) {
      const sentinel = randomUUID();
      lanes.waker.wake(lane, id);
      lanes.waker.wake(lane, sentinel);
      await eventually(async () =>
        expect(await lanes.queues[lane].getDeduplicationJobId(sentinel)).not.toBeNull(),
      );
    }
  }

  it('leaves no trace of a conversation that waits in every lane and was woken more than once', async () => {
    const id = randomUUID();
    const other = randomUUID();
    await wake(id);
    await wake(id);
    await wake(other);
    expect(await traces(id)).not.toEqual([]);
    await lanes.eraser.forget(id);
    expect(await traces(id)).toEqual([]);
    for (const lane of laneNames) {
      const jobs = await lanes.queues[lane].getJobs(['waiting']);
      expect(jobs.map(({ data }) => data.conversationId)).toContain(other);
    }
  });

  it('leaves no trace of an active job either, once it ends, and lets no other job follow it', async () => {
    const id = randomUUID();
    const ran: string[] = [];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await lanes.work('turns', async (conversationId) => {
      ran.push(conversationId);
      if (conversationId === id) await held;
    });
    lanes.waker.wake('turns', id);
    await eventually(() => expect(ran).toContain(id));
    const behind = randomUUID();
    lanes.waker.wake('turns', id);
    lanes.waker.wake('turns', behind);
    await eventually(() => expect(ran).toContain(behind));
    await lanes.eraser.forget(id);
    goOn();
    await eventually(async () => expect(await traces(id)).toEqual([]));
    const last = randomUUID();
    lanes.waker.wake('turns', last);
    await eventually(() => expect(ran).toContain(last));
    expect(ran.filter((each) => each === id)).toHaveLength(1);
  });

  it('does nothing for a conversation without jobs', async () => {
    await lanes.eraser.forget(randomUUID());
  });

  it('leaves a finished job to BullMQ, which keeps only a short log of it', async () => {
    const own = await Lanes.openAlone(backend);
    try {
      const ids = Array.from({ length: 700 }, () => randomUUID());
      const ran = new Set<string>();
      await own.work('turns', (id) => Promise.resolve(ran.add(id)), 10);
      for (const id of ids) own.waker.wake('turns', id);
      await eventually(() => expect(ran.size).toBe(ids.length));
      const all = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
      await eventually(async () => expect(await own.queues.turns.getJobs([...all])).toEqual([]));
      for (const id of ids.slice(0, 20)) expect(await tracesIn(backend, own.url, id)).toEqual([]);
      expect(await logLength(backend, own.url)).toBeLessThan(500);
    } finally {
      await own.close();
    }
  });
});

async function tracesIn(backend: Backend, url: string, text: string): Promise<string[]> {
  return backend === 'redis' ? await tracesInRedis(url, text) : await tracesInPostgres(url, text);
}

async function tracesInPostgres(url: string, text: string): Promise<string[]> {
  return await withPostgres(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'bullmq'::regnamespace`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const hits = await client.query(`SELECT FROM ${name} AS t WHERE t::text LIKE '%' || $1 || '%'`, [text]);
      if ((hits.rowCount ?? 0) > 0) found.push(name);
    }
    return found;
  });
}

async function tracesInRedis(url: string, text: string): Promise<string[]> {
  return await withRedis(url, async (redis) => {
    const found: string[] = [];
    for (const key of await redis.keys('*')) {
      const value = await contentOf(redis, key);
      if (`${key} ${JSON.stringify(value)}`.includes(text)) found.push(key);
    }
    return found;
  });
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return await redis.get(key);
    case 'hash':
      return await redis.hgetall(key);
    case 'list':
      return await redis.lrange(key, 0, -1);
    case 'set':
      return await redis.smembers(key);
    case 'zset':
      return await redis.zrange(key, 0, -1);
    case 'stream':
      return await redis.xrange(key, '-', '+');
    case 'none':
      return null;
    default:
      throw new Error(`a key of type ${type}`);
  }
}

async function logLength(backend: Backend, url: string): Promise<number> {
  if (backend === 'redis') return await withRedis(url, (redis) => redis.xlen('turnpike:turns:events'));
  return await withPostgres(url, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM bullmq.event WHERE queue = 'turns'`,
    );
    return rows[0]?.count ?? 0;
  });
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function withPostgres<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
