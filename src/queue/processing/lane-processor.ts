import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Job } from 'bullmq';
import { messageOf } from '../../platform/errors/errors.js';
import { inLogScope } from '../../platform/observability/log-scope.js';
import type { Stopping } from '../../platform/runtime/stopping.js';
import type { LaneWaker } from '../lane-waker.js';
import type { WorkerEnd } from './worker-end.js';
import type { LaneOutcome } from '../lease/lane-outcome.js';
import type { LaneJob, LaneName } from '../lanes.js';

/** The base of all lanes' processors: concurrency, waking again, and an orderly end. */
export abstract class LaneProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger: Logger;
  private failing = false;

  protected constructor(
    private readonly lane: LaneName,
    private readonly concurrency: number,
    protected readonly waker: LaneWaker,
    private readonly stopping: Stopping,
    private readonly end: WorkerEnd,
  ) {
    super();
    this.logger = new Logger(new.target.name);
  }

  /** The lane's work for one conversation. */
  protected abstract handle(conversationId: string): Promise<LaneOutcome>;

  override async process(job: Job<LaneJob>): Promise<void> {
    const { conversationId } = job.data;
    const outcome = await inLogScope({ conversationId }, () =>
      this.stopping.track(this.handle(conversationId)),
    );
    if (outcome.next === 'now') this.waker.wake(this.lane, conversationId);
    if (outcome.next === 'later') this.waker.wakeLater(this.lane, conversationId, outcome.delayMs);
  }

  onApplicationBootstrap(): void {
    this.worker.concurrency = this.concurrency;
  }

  /** Takes no further jobs; running ones continue until they are done or handed back. */
  async onModuleDestroy(): Promise<void> {
    await this.worker.pause(true);
  }

  onApplicationShutdown(): Promise<void> {
    return this.end.close(this.worker);
  }

  /** The sweep finds failed work again: its truth is in PostgreSQL. */
  @OnWorkerEvent('failed')
  onFailed(job: Job<LaneJob> | undefined, error: Error): void {
    this.logger.error({
      msg: 'lane job failed',
      conversationId: job?.data.conversationId,
      error: messageOf(error),
    });
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    if (!this.failing) this.logger.error({ msg: 'lane cannot reach its queue', error: messageOf(error) });
    this.failing = true;
  }

  @OnWorkerEvent('active')
  onActive(): void {
    this.failing = false;
  }
}
