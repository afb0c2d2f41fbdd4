import { Logger } from '@nestjs/common';
import {
  type ConnectionOptions,
  createPostgresBackend,
  createRedisBackend,
  DEFAULT_SCHEMA,
  isPgPool,
  runMigrations,
  setDefaultBackendFactory,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { RedisSettings } from '../config/redis.settings.js';
import type { Database } from '../database/database.js';

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
    setDefaultBackendFactory(createPostgresBackend);
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

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Nest's option is typed for Redis; which backend reads it was decided by `setDefaultBackendFactory`. */
const isConnection = (pool: object): pool is ConnectionOptions => isPgPool(pool);

/** Redis where it is configured, else PostgreSQL: the promises are the same on both. */
export async function openQueueBackend(redis: RedisSettings, database: Database): Promise<QueueBackend> {
  return redis.url ? new RedisQueueBackend(redis.url) : await PostgresQueueBackend.open(database.url);
}
