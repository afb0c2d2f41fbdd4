import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Job } from 'bullmq';
import { messageOf } from '../platform/errors/errors.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { ROUTING_QUEUE, type RoutingJob, workerOptions } from '../queue/lanes.js';
import { RoutingWaker } from '../queue/routing-waker.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';
import { RoutingService } from '../triggers/routing/routing.service.js';
import { WindowClosingService } from '../triggers/routing/window-closing.service.js';

/** Sources that are routed side by side. */
const CONCURRENCY = 2;

/** Routes the webhooks of a source, closes its windows, and wakes the lanes of the conversations that they go to. */
@Processor(ROUTING_QUEUE, workerOptions)
export class RoutingProcessor
  extends WorkerHost
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger = new Logger(RoutingProcessor.name);
  private isFailing = false;

  constructor(
    private readonly routing: RoutingService,
    private readonly closing: WindowClosingService,
    private readonly lanes: LaneWaker,
    private readonly waker: RoutingWaker,
    private readonly stopping: Stopping,
    private readonly end: WorkerEnd,
  ) {
    super();
  }

  override async process({ data: { source } }: Job<RoutingJob>): Promise<void> {
    const outcomes = await this.stopping.track(this.route(source));
    for (const { conversationIds } of outcomes)
      for (const id of conversationIds) this.lanes.wake('turns', id);
    if (outcomes.some(({ isMore }) => isMore)) this.waker.wake(source);
    this.isFailing = false;
  }

  /** Closing follows, for routing may have filled a window. */
  private async route(source: string) {
    return [await this.routing.routeNext(source), await this.closing.closeDue(source)];
  }

  onApplicationBootstrap(): void {
    this.worker.concurrency = CONCURRENCY;
  }

  /** Takes no further jobs. */
  async onModuleDestroy(): Promise<void> {
    await this.worker.pause(true);
  }

  onApplicationShutdown(): Promise<void> {
    return this.end.close(this.worker);
  }

  /** The sweep finds its webhooks again: they are in PostgreSQL. */
  @OnWorkerEvent('failed')
  onFailed(job: Job<RoutingJob> | undefined, error: Error): void {
    this.logger.error({ msg: 'webhooks not routed', source: job?.data.source, error: messageOf(error) });
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    if (!this.isFailing)
      this.logger.error({ msg: 'routing cannot reach its queue', error: messageOf(error) });
    this.isFailing = true;
  }
}
