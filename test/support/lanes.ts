import { Queue, Worker } from 'bullmq';
import { LaneEraser } from '../../src/queue/lane-eraser.js';
import { LaneWaker } from '../../src/queue/lane-waker.js';
import { type LaneJob, type LaneName, lanes, workerOptions } from '../../src/queue/lanes.js';
import {
  PostgresQueueBackend,
  type QueueBackend,
  queueOptions,
  RedisQueueBackend,
} from '../../src/queue/queue-backend.js';
import type { Backend } from './backends.js';
import { startTestDatabase, type TestDatabase } from './database.js';
import { type RedisServer, startRedis } from './redis.js';

/** The lanes without the product around them: their queues on a real backend, and their waker. */
export class Lanes {
  readonly waker: LaneWaker;
  readonly eraser: LaneEraser;
  private readonly workers: Worker<LaneJob>[] = [];

  private constructor(
    readonly backend: QueueBackend,
    readonly queues: Readonly<Record<LaneName, Queue<LaneJob>>>,
    readonly redis: RedisServer | null,
    /** The queue's address: of the Redis or the database. */
    readonly url: string,
    private readonly database: TestDatabase | null,
  ) {
    const { turns, commands, deliveries, summaries } = queues;
    this.waker = new LaneWaker(turns, commands, deliveries, summaries, backend);
    this.eraser = new LaneEraser(turns, commands, deliveries, summaries, backend);
  }

  /** Lanes alone: for a queue on PostgreSQL, with a database of their own. */
  static async openAlone(backend: Backend): Promise<Lanes> {
    const database = backend === 'postgresql' ? await startTestDatabase() : null;
    return await Lanes.open(backend, database?.url ?? '', database);
  }

  /** @param databaseUrl of the queue, if it is on PostgreSQL */
  static async open(
    backend: Backend,
    databaseUrl: string,
    database: TestDatabase | null = null,
  ): Promise<Lanes> {
    const redis = backend === 'redis' ? await startRedis() : null;
    const queueBackend = redis
      ? new RedisQueueBackend(redis.url)
      : await PostgresQueueBackend.open(databaseUrl);
    const queue = (name: LaneName) =>
      new Queue<LaneJob>(name, { connection: queueBackend.connection, ...queueOptions });
    const queues = {
      turns: queue('turns'),
      commands: queue('commands'),
      deliveries: queue('deliveries'),
      summaries: queue('summaries'),
    };
    await Promise.all(lanes.map((lane) => queues[lane].waitUntilReady()));
    return new Lanes(queueBackend, queues, redis, redis?.url ?? databaseUrl, database);
  }

  /** Runs `work` for each conversation whose lane is woken. */
  async work(
    lane: LaneName,
    work: (conversationId: string) => Promise<unknown>,
    concurrency = 4,
  ): Promise<void> {
    const { connection } = this.backend;
    const options = { connection, prefix: 'turnpike', ...workerOptions, concurrency };
    const worker = new Worker<LaneJob>(lane, ({ data }) => work(data.conversationId), options);
    worker.on('error', () => undefined);
    this.workers.push(worker);
    await worker.waitUntilReady();
  }

  async rest(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.close(true)));
    await Promise.all(lanes.map((lane) => this.queues[lane].obliterate({ force: true })));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.workers.splice(0).map((worker) => worker.close(true)));
    await Promise.allSettled(lanes.map((lane) => this.queues[lane].close()));
    await this.backend.close();
    await this.redis?.stop();
    await this.database?.stop();
  }
}
