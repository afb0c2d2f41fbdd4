import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { DatabaseClock } from '../../platform/database/database-clock.js';
import { messageOf } from '../../platform/errors/errors.js';
import { type Schedule, ScheduleKeeper } from './schedule-keeper.js';
import type { WorkerEnd } from './worker-end.js';

/** Runs recurring work by a BullMQ job scheduler: one for all processes. */
export abstract class ScheduledProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger: Logger;
  private readonly keeper: ScheduleKeeper;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  protected constructor(
    private readonly schedule: Schedule,
    queue: Queue,
    clock: DatabaseClock,
    private readonly end: WorkerEnd,
  ) {
    super();
    this.logger = new Logger(new.target.name);
    this.keeper = new ScheduleKeeper(schedule, queue, clock);
    queue.on('error', (error) => this.report(error));
  }

  /** One round. */
  protected abstract run(): Promise<void>;

  override async process(): Promise<void> {
    await this.run();
    this.failing = false;
  }

  /** Redis may be emptied at any time, and the scheduler with it: every worker restores it. */
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
    await this.keeper.ensure().catch((error: unknown) => this.report(error));
  }

  private report(error: unknown): void {
    if (!this.failing) this.logger.error({ msg: `${this.schedule.name} failed`, error: messageOf(error) });
    this.failing = true;
  }
}
