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
import type { RedisSettings } from '../platform/throttling/redis.settings.js';
import type { Database } from '../platform/database/database.js';

/**
 * The options of every queue, except its connection. BullMQ keeps a log of job events, about this many a queue, with
 * the ids of conversations among them; Turnpike does not read it.
 */
export const queueOptions: Pick<QueueOptions, 'prefix' | 'streams'> = {
  prefix: 'turnpike',
  streams: { events: { maxLen: 100 } },
};

/** The parts of a queue that its backend needs. */
type QueueNames = Pick<Queue, 'name' | 'toKey'>;

/**
 * The store of BullMQ's jobs. BullMQ gets an open connection and leaves it open; this class closes it after the queues
 * and workers that share it.
 */
export abstract class QueueBackend {
  abstract readonly name: 'redis' | 'postgresql';
  /** The value of BullMQ's `connection` option; its type names Redis clients only. */
  abstract readonly connection: ConnectionOptions;
  /** False while jobs cannot be added; does not ask the backend. */
  abstract readonly reachable: boolean;
  /** Resolves when the backend answers; rejects with the reason when it does not. */
  abstract ping(): Promise<void>;
  /**
   * Removes what BullMQ keeps under a deduplication id besides a job, which it has no call for: the job that would
   * follow an active one, and entries of its log.
   */
  abstract forget(queue: QueueNames, deduplicationId: string): Promise<void>;
  /**
   * Resets times that a machine whose clock is ahead has set: the end of its job locks, and the last look for jobs of
   * dead workers. Until those times, its jobs and their conversations would stand still.
   * @param lockMs how long a worker holds a job between renewals
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
      // Workers wait as long as it takes; the webhook never waits for the queue (LaneWaker).
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

  /** Nothing to do: these keys expire by Redis's own clock. */
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
  /** A pool queues no command: it fails at once, or within its connection time-out. */
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
 * `open` has brought the schema up to date. BullMQ (6.7.0) would check again for each queue and worker, and remember a
 * failure for good: without a connection at that moment, the lane would stand still until the process ended.
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

/** Nest's option is typed for Redis; `setDefaultBackendFactory` decides which backend reads it. */
const isConnection = (pool: object): pool is ConnectionOptions => isPgPool(pool);

/** Redis if it is configured, else PostgreSQL: the promises are the same on both. */
export async function openQueueBackend(redis: RedisSettings, database: Database): Promise<QueueBackend> {
  return redis.url ? new RedisQueueBackend(redis.url) : await PostgresQueueBackend.open(database.url);
}
