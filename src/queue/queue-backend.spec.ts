import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../test/support/backends.js';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { OwnPostgres } from '../../test/support/own-postgres.js';
import { RationedDatabase } from '../../test/support/rationed-database.js';
import { type LaneJob, workerOptions } from './lanes.js';
import { PostgresQueueBackend, queueOptions } from './queue-backend.js';

const HOUR_MS = 3_600_000;
const LOCK_MS = 300;

describeOnEachBackend('QueueBackend', (backend) => {
  let database: TestDatabase;
  let lanes: Lanes;
  const workers: Worker<LaneJob>[] = [];

  beforeAll(async () => {
    database = await startTestDatabase();
    lanes = await Lanes.open(backend, database.url);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await lanes.rest();
  });
  afterAll(async () => {
    await lanes.close();
    await database.stop();
  });

  function newWorker(process: ((conversationId: string) => void) | null): Worker<LaneJob> {
    const { connection } = lanes.backend;
    const options = { connection, prefix: 'turnpike', lockDuration: LOCK_MS, stalledInterval: 100 };
    const work = process && ((job: { data: LaneJob }) => Promise.resolve(process(job.data.conversationId)));
    const worker = new Worker<LaneJob>('turns', work, { ...options, maxStalledCount: 100 });
    worker.on('error', () => undefined);
    workers.push(worker);
    return worker;
  }

  it('hands over the job of a machine that died with its clock an hour ahead', async () => {
    const id = randomUUID();
    lanes.waker.wake('turns', id);
    await eventually(async () => expect(await lanes.queues.turns.getWaitingCount()).toBe(1));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
    const dead = newWorker(null);
    expect((await dead.getNextJob('token'))?.data.conversationId).toBe(id);
    await dead.startStalledCheckTimer();
    await dead.close(true);
    vi.useRealTimers();
    const ran: string[] = [];
    newWorker((conversationId) => ran.push(conversationId));
    await lanes.backend.undoFastClocks(LOCK_MS);
    // A machine slower than the lock's time may receive it again.
    await eventually(() => expect(ran).toContain(id));
  });
});

describe('PostgresQueueBackend', () => {
  it('works as soon as connections are available, even if none was when a queue and a worker were made', async () => {
    const server = await OwnPostgres.open();
    const database = await RationedDatabase.create(server.url);
    const backend = await PostgresQueueBackend.open(database.url);
    const { connection } = backend;
    await database.exhaust();
    const ran: string[] = [];
    const errors: Error[] = [];
    const queue = new Queue<LaneJob>('turns', { connection, ...queueOptions });
    const work = ({ data }: { data: LaneJob }) => Promise.resolve(void ran.push(data.conversationId));
    const worker = new Worker<LaneJob>('turns', work, { connection, ...workerOptions, prefix: 'turnpike' });
    queue.on('error', () => undefined);
    worker.on('error', (error) => errors.push(error));
    const id = randomUUID();
    const add = () => queue.add('lane', { conversationId: id });
    await expect(add()).rejects.toThrow();
    await eventually(() => expect(errors).not.toEqual([]));
    await database.relieve();
    await eventually(add);
    await eventually(() => expect(ran).toContain(id));
    await worker.close(true);
    await queue.close();
    await backend.close();
    await server.remove();
  });
});
