import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { DatabaseClock } from '../database/database-clock.js';
import { messageOf } from '../errors/errors.js';
import type { WorkerEnd } from './worker-end.js';

/** What comes round, and how often in the whole cluster. */
export interface Schedule {
  readonly name: string;
  readonly periodMs: number;
}

/** Work that comes round by a BullMQ job scheduler: one for all processes. */
export abstract class ScheduledProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  protected constructor(
    private readonly schedule: Schedule,
    private readonly queue: Queue,
    private readonly clock: DatabaseClock,
    private readonly end: WorkerEnd,
  ) {
    super();
    this.logger = new Logger(new.target.name);
    queue.on('error', (error) => this.report(error));
  }

  /** One round. */
  protected abstract run(): Promise<void>;

  override async process(): Promise<void> {
    await this.run();
    this.failing = false;
  }

  /** Redis may be emptied at any time, and the scheduler with it: every worker looks after it. */
  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.ensureScheduled(), this.schedule.periodMs);
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
    const { name, periodMs } = this.schedule;
    try {
      const scheduler = await this.queue.getJobScheduler(name);
      if (scheduler && isNear(scheduler.next, await this.clock.now(), periodMs)) return;
      const opts = { removeOnComplete: true, removeOnFail: true };
      await this.queue.upsertJobScheduler(name, { every: periodMs }, { name, opts });
    } catch (error) {
      this.report(error);
    }
  }

  private report(error: unknown): void {
    if (!this.failing) this.logger.error({ msg: `${this.schedule.name} failed`, error: messageOf(error) });
    this.failing = true;
  }
}

/**
 * BullMQ sets the next round by the clock of the machine that began the last one. One whose clock is ahead sets it far
 * into the future; seen by the database's clock, that all share, it is set anew.
 */
function isNear(next: number | undefined, now: Date, periodMs: number): boolean {
  return next !== undefined && Math.abs(next - now.getTime()) < 5 * periodMs;
}
