import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { messageOf } from '../platform/errors/errors.js';
import { outsideLogScope } from '../platform/observability/log-scope.js';
import type { LaneJob, LaneName } from './lanes.js';
import { QueueBackend } from './queue-backend.js';
import { withTimeout } from './with-timeout.js';

/** Wake-ups kept while the queue does not answer, or until their time; the sweep finds the rest. */
const MAX_PENDING = 100_000;
const MAX_BATCH = 500;
const ADD_TIMEOUT_MS = 3_000;
/** The longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Appointment {
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts conversations into their lanes. Waking is best effort and never awaited: a lost wake-up costs one sweep period,
 * not a message.
 */
@Injectable()
export class LaneWaker {
  private readonly logger = new Logger(LaneWaker.name);
  private readonly queues: Readonly<Record<LaneName, Queue<LaneJob>>>;
  private readonly pending: Readonly<Record<LaneName, Set<string>>> = {
    turns: new Set(),
    commands: new Set(),
    deliveries: new Set(),
    summaries: new Set(),
  };
  private readonly appointments = new Map<string, Appointment>();
  private readonly flushing = new Set<LaneName>();
  private failing = false;

  constructor(
    @InjectQueue('turns') turns: Queue<LaneJob>,
    @InjectQueue('commands') commands: Queue<LaneJob>,
    @InjectQueue('deliveries') deliveries: Queue<LaneJob>,
    @InjectQueue('summaries') summaries: Queue<LaneJob>,
    private readonly backend: QueueBackend,
  ) {
    this.queues = { turns, commands, deliveries, summaries };
    // Without a listener BullMQ prints lost connections with all their settings. The failed `add` is logged.
    for (const queue of Object.values(this.queues)) queue.on('error', () => undefined);
  }

  /** Makes the lane look at this conversation now. */
  wake(lane: LaneName, conversationId: string): void {
    const pending = this.pending[lane];
    if (pending.size >= MAX_PENDING) return;
    pending.add(conversationId);
    // The others join the batch.
    if (!this.flushing.has(lane)) void outsideLogScope(() => this.flush(lane));
  }

  /**
   * Makes the lane look again in `delayMs`; the earliest of several appointments counts. Kept by this process, not by
   * the queue: a delayed job would swallow every earlier wake-up, and trust the clock of the machine that made it. The
   * sweep finds an appointment that dies with the process.
   */
  wakeLater(lane: LaneName, conversationId: string, delayMs: number): void {
    const key = `${lane}:${conversationId}`;
    const at = performance.now() + delayMs;
    const known = this.appointments.get(key);
    if (known ? known.at <= at : this.appointments.size >= MAX_PENDING) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(
      () => {
        this.appointments.delete(key);
        this.wake(lane, conversationId);
      },
      Math.min(delayMs, MAX_TIMER_MS),
    );
    timer.unref();
    this.appointments.set(key, { at, timer });
  }

  private async flush(lane: LaneName): Promise<void> {
    this.flushing.add(lane);
    const pending = this.pending[lane];
    try {
      while (pending.size > 0) {
        const batch = [...pending].slice(0, MAX_BATCH);
        for (const conversationId of batch) pending.delete(conversationId);
        await this.add(lane, batch);
      }
    } finally {
      this.flushing.delete(lane);
    }
  }

  private async add(lane: LaneName, batch: readonly string[]): Promise<void> {
    const jobs = batch.map((conversationId) => ({
      name: lane,
      data: { conversationId },
      opts: {
        deduplication: { id: conversationId, keepLastIfActive: true },
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    try {
      // Otherwise the client would keep every job in memory until Redis is back.
      if (!this.backend.reachable) throw new Error('the queue is not reachable');
      await withTimeout(this.queues[lane].addBulk(jobs), ADD_TIMEOUT_MS);
      if (this.failing) this.logger.log({ msg: 'lanes can be woken again' });
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.logger.error({ msg: 'lanes not woken, left to the sweep', lane, error: messageOf(error) });
      this.failing = true;
    }
  }
}
