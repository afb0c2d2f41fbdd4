import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Queue } from 'bullmq';
import { messageOf } from '../errors/errors.js';
import { SWEEP_QUEUE, workerOptions } from './lanes.js';
import { Sweep } from './sweep.service.js';
import { WorkerEnd } from './worker-end.js';

/** How often the sweep runs, in the whole cluster. */
export const SWEEP_PERIOD_MS = 2_000;
const SCHEDULER = 'sweep';

/** Runs the sweep by a BullMQ job scheduler: one for all processes. */
@Processor(SWEEP_QUEUE, workerOptions)
export class SweepProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger = new Logger(SweepProcessor.name);
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(
    private readonly sweep: Sweep,
    @InjectQueue(SWEEP_QUEUE) private readonly queue: Queue,
    private readonly end: WorkerEnd,
  ) {
    super();
    queue.on('error', (error) => this.report(error));
  }

  override async process(): Promise<void> {
    await this.sweep.run();
    this.failing = false;
  }

  /** Redis may be emptied at any time, and the scheduler with it: every worker looks after it. */
  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.ensureScheduled(), SWEEP_PERIOD_MS);
    void this.ensureScheduled();
    return Promise.resolve();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.worker.pause(true);
  }

  onApplicationShutdown(): Promise<void> {
    return this.end.close(this.worker);
  }

  @OnWorkerEvent('failed')
  onFailed(_job: unknown, error: Error): void {
    this.report(error);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.report(error);
  }

  private async ensureScheduled(): Promise<void> {
    try {
      const scheduler = await this.queue.getJobScheduler(SCHEDULER);
      if (scheduler && isNear(scheduler.next, await this.sweep.now())) return;
      const opts = { removeOnComplete: true, removeOnFail: true };
      await this.queue.upsertJobScheduler(SCHEDULER, { every: SWEEP_PERIOD_MS }, { name: SCHEDULER, opts });
    } catch (error) {
      this.report(error);
    }
  }

  private report(error: unknown): void {
    if (!this.failing) this.logger.error({ msg: 'sweep failed', error: messageOf(error) });
    this.failing = true;
  }
}

/**
 * BullMQ sets the next pass by the clock of the machine that began the last one. One whose clock is ahead sets it far
 * into the future; seen by the database's clock, that all share, it is set anew.
 */
function isNear(next: number | undefined, now: Date): boolean {
  return next !== undefined && Math.abs(next - now.getTime()) < 5 * SWEEP_PERIOD_MS;
}
