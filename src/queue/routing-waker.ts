import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { messageOf } from '../platform/errors/errors.js';
import { outsideLogScope } from '../platform/observability/log-scope.js';
import { ROUTING_QUEUE, type RoutingJob } from './lanes.js';
import { QueueBackend } from './queue-backend.js';
import { withTimeout } from './with-timeout.js';

const ADD_TIMEOUT_MS = 3_000;

/**
 * Asks a worker to route the webhooks of a source. Best effort and never awaited: a lost wake-up costs one sweep period,
 * not a webhook.
 */
@Injectable()
export class RoutingWaker {
  private readonly logger = new Logger(RoutingWaker.name);
  /** The sources whose job is being added; true: woken again meanwhile. */
  private readonly adding = new Map<string, boolean>();
  private isFailing = false;

  constructor(
    @InjectQueue(ROUTING_QUEUE) private readonly queue: Queue<RoutingJob>,
    private readonly backend: QueueBackend,
  ) {
    // Without a listener BullMQ prints lost connections with all their settings. The failed `add` is logged.
    queue.on('error', () => undefined);
  }

  /** @param source its name */
  wake(source: string): void {
    if (this.adding.has(source)) this.adding.set(source, true);
    else void outsideLogScope(() => this.addUntilQuiet(source));
  }

  private async addUntilQuiet(source: string): Promise<void> {
    do {
      this.adding.set(source, false);
      await this.add(source);
    } while (this.adding.get(source) === true);
    this.adding.delete(source);
  }

  private async add(source: string): Promise<void> {
    const deduplication = { id: source, keepLastIfActive: true };
    try {
      // Otherwise the client would keep every job in memory until Redis is back.
      if (!this.backend.reachable) throw new Error('the queue is not reachable');
      const job = this.queue.add(
        ROUTING_QUEUE,
        { source },
        { deduplication, removeOnComplete: true, removeOnFail: true },
      );
      await withTimeout(job, ADD_TIMEOUT_MS);
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing)
        this.logger.error({ msg: 'routing not woken, left to the sweep', source, error: messageOf(error) });
      this.isFailing = true;
    }
  }
}
