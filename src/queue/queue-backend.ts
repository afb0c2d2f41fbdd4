import { Logger } from '@nestjs/common';
import {
  type BackendFactory,
  type ConnectionOptions,
  createRedisBackend,
  DEFAULT_SCHEMA,
  isPgPool,
  PostgresConnection,
  PostgresQueueBackend as PostgresJobs,
  type Queue,
  type QueueOptions,
  runMigrations,
  setDefaultBackendFactory,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { RedisSettings } from '../config/redis.settings.js';
import type { Database } from '../database/database.js';

/**
 * What every queue has in common, besides its connection. BullMQ keeps a log of what happened to jobs, about as many
 * entries as this a queue, with the ids of conversations among them; nothing of ours reads it.
 */
export const queueOptions: Pick<QueueOptions, 'prefix' | 'streams'> = {
  prefix: 'turnpike',
  streams: { events: { maxLen: 100 } },
};

/** As much of a queue as its backend has to know. */
type QueueNames = Pick<Queue, 'name' | 'toKey'>;

/**
 * Where BullMQ keeps its jobs. BullMQ is given the connection, and we close it after the queues and workers that share
 * it: BullMQ leaves connections alone that it did not open.
 */
export abstract class QueueBackend {
  abstract readonly name: 'redis' | 'postgresql';
  /** What BullMQ's `connection` option takes; its type names Redis clients only. */
  abstract readonly connection: ConnectionOptions;
  /** False while jobs could not be added: told without asking. */
  abstract readonly reachable: boolean;
  /** Resolves when the backend answers; rejects with the reason when it does not. */
  abstract ping(): Promise<void>;
  /**
   * Removes what BullMQ, which has no call for it, keeps under a deduplication id besides a job: the job that would
   * follow an active one, and entries of its log.
   */
  abstract forget(queue: QueueNames, deduplicationId: string): Promise<void>;
  /**
   * Takes back what a machine whose clock is ahead has set by it: until when it holds its jobs, and when somebody last
   * looked for jobs of dead workers. Until that time came, theirs would stand still, and their conversations with them.
   * @param lockMs how long a worker holds a job before it says that it still does
   */
  abstract undoFastClocks(lockMs: number): Promise<void>;
  abstract close(): Promise<void>;
}

export class RedisQueueBackend extends QueueBackend {
  readonly name = 'redis';
  readonly connection: ConnectionOptions;
  private readonly redis: Redis;
  private lost = false;
  private readonly logger = new Logger(RedisQueueBackend.name);

  constructor(url: string) {
    super();
    setDefaultBackendFactory(createRedisBackend);
    const redis = new Redis(url, {
      // Workers wait for as long as it takes; the door does not wait for the queue at all (LaneWaker).
      maxRetriesPerRequest: null,
      retryStrategy: (times) => Math.min(times * 100, 1_000),
    });
    redis.on('error', (error: Error) => {
      if (!this.lost) this.logger.error({ msg: 'redis unreachable', error: error.message });
      this.lost = true;
    });
    redis.on('close', () => {
      this.lost = true;
    });
    redis.on('ready', () => {
      if (this.lost) this.logger.log({ msg: 'redis reachable again' });
      this.lost = false;
    });
    this.redis = redis;
    this.connection = redis;
  }

  get reachable(): boolean {
    return !this.lost;
  }

  async ping(): Promise<void> {
    if (this.redis.status !== 'ready') throw new Error('not connected to redis');
    await this.redis.ping();
  }

  async forget(queue: QueueNames, deduplicationId: string): Promise<void> {
    await this.redis.del(queue.toKey(`dn:${deduplicationId}`));
    const log = queue.toKey('events');
    const entries = await this.redis.xrange(log, '-', '+');
    const own = entries.filter(([, fields]) => fields.includes(deduplicationId)).map(([id]) => id);
    if (own.length > 0) await this.redis.xdel(log, ...own);
  }

  /** Nothing to do: these are keys that expire, and Redis's own clock says when. */
  async undoFastClocks(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    return Promise.resolve();
  }
}

export class PostgresQueueBackend extends QueueBackend {
  readonly name = 'postgresql';
  /** A pool keeps nothing for later: it fails at once, or within its connection time-out. */
  readonly reachable = true;

  private constructor(
    private readonly pool: Pool,
    readonly connection: ConnectionOptions,
  ) {
    super();
  }

  static async open(url: string): Promise<PostgresQueueBackend> {
    setDefaultBackendFactory(postgresJobs);
    const pool = new Pool({
      connectionString: url,
      options: `-c search_path=${DEFAULT_SCHEMA}`,
      application_name: 'turnpike-queue',
      // Each worker keeps one connection to LISTEN; the others share the rest.
      max: 12,
      keepAlive: true,
      connectionTimeoutMillis: 3_000,
    });
    const logger = new Logger(PostgresQueueBackend.name);
    // Each queue and worker of the process listens for errors of the pool they share.
    pool.setMaxListeners(0);
    pool.on('error', (error) => logger.warn({ msg: 'queue connection lost', error: error.message }));
    const client = await pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
    if (!isConnection(pool)) throw new Error('BullMQ takes no pool any more');
    return new PostgresQueueBackend(pool, pool);
  }

  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async forget(queue: QueueNames, deduplicationId: string): Promise<void> {
    const key = [queue.name, deduplicationId];
    await this.pool.query('DELETE FROM dedup_next WHERE queue = $1 AND dedup_id = $2', key);
    await this.pool.query(`DELETE FROM event WHERE queue = $1 AND data ->> 'deduplicationId' = $2`, key);
  }

  async undoFastClocks(lockMs: number): Promise<void> {
    const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
    await this.pool.query(
      `UPDATE job SET locked_until_ms = ${now} + $1
       WHERE (queue, id) IN (SELECT queue, id FROM job
         WHERE state = 'active' AND locked_until_ms > ${now} + 2 * $1::bigint FOR UPDATE SKIP LOCKED)`,
      [lockMs],
    );
    await this.pool.query(
      `UPDATE meta SET value = ${now}
       WHERE (queue, field) IN (SELECT queue, field FROM meta
         WHERE field = 'stalled-check' AND value::bigint > ${now} + $1::bigint FOR UPDATE SKIP LOCKED)`,
      [lockMs],
    );
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/**
 * `open` has brought the schema up to date. BullMQ (6.7.0) would look once more for each queue and worker, and remember
 * for good where that failed: with no connection to be had in that moment, the lane stood still until the process ended.
 */
class ReadyConnection extends PostgresConnection {
  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }
}

const postgresJobs: BackendFactory = (name, opts) => {
  const { connection: pool } = opts;
  if (!isPgPool(pool)) throw new Error('BullMQ is to be given a pool');
  return new PostgresJobs(new ReadyConnection(pool), name, { ...opts, connection: pool });
};

/** Nest's option is typed for Redis; which backend reads it was decided by `setDefaultBackendFactory`. */
const isConnection = (pool: object): pool is ConnectionOptions => isPgPool(pool);

/** Redis where it is configured, else PostgreSQL: the promises are the same on both. */
export async function openQueueBackend(redis: RedisSettings, database: Database): Promise<QueueBackend> {
  return redis.url ? new RedisQueueBackend(redis.url) : await PostgresQueueBackend.open(database.url);
}
