import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { messageOf } from '../errors/errors.js';
import type { LaneJob, LaneName } from './lanes.js';
import { QueueBackend } from './queue-backend.js';

/** Wake-ups kept while the queue does not answer; past it they are left to the sweep. */
const MAX_PENDING = 100_000;
const MAX_BATCH = 500;
const ADD_TIMEOUT_MS = 3_000;
/**
 * A later wake-up is dropped while a delayed one waits (BullMQ's deduplication), so none waits for long: looking again
 * early is cheap, and the lane says `later` again.
 */
const MAX_DELAY_MS = 30_000;

/**
 * Puts conversations into their lanes. Waking is best effort and never waited for: a lost wake-up costs one sweep
 * period, not a message.
 */
@Injectable()
export class LaneWaker {
  private readonly logger = new Logger(LaneWaker.name);
  private readonly queues: Readonly<Record<LaneName, Queue<LaneJob>>>;
  /** Per lane: conversation and the delay of its wake-up in ms. */
  private readonly pending: Readonly<Record<LaneName, Map<string, number>>> = {
    turns: new Map(),
    commands: new Map(),
    deliveries: new Map(),
  };
  private readonly flushing = new Set<LaneName>();
  private failing = false;

  constructor(
    @InjectQueue('turns') turns: Queue<LaneJob>,
    @InjectQueue('commands') commands: Queue<LaneJob>,
    @InjectQueue('deliveries') deliveries: Queue<LaneJob>,
    private readonly backend: QueueBackend,
  ) {
    this.queues = { turns, commands, deliveries };
    // Without a listener BullMQ prints what it lost, whole connections with their settings. The failed `add` is logged.
    for (const queue of [turns, commands, deliveries]) queue.on('error', () => undefined);
  }

  /** Makes sure that the lane looks at this conversation, `delayMs` or half a minute from now at the latest. */
  wake(lane: LaneName, conversationId: string, delayMs = 0): void {
    const pending = this.pending[lane];
    const known = pending.get(conversationId);
    if (known === undefined && pending.size >= MAX_PENDING) return;
    pending.set(conversationId, Math.min(known ?? delayMs, delayMs, MAX_DELAY_MS));
    if (!this.flushing.has(lane)) void this.flush(lane);
  }

  private async flush(lane: LaneName): Promise<void> {
    this.flushing.add(lane);
    const pending = this.pending[lane];
    try {
      while (pending.size > 0) {
        const batch = [...pending].slice(0, MAX_BATCH);
        for (const [conversationId] of batch) pending.delete(conversationId);
        await this.add(lane, batch);
      }
    } finally {
      this.flushing.delete(lane);
    }
  }

  private async add(lane: LaneName, batch: readonly (readonly [string, number])[]): Promise<void> {
    const jobs = batch.map(([conversationId, delay]) => ({
      name: lane,
      data: { conversationId },
      opts: {
        delay,
        deduplication: { id: conversationId, keepLastIfActive: true },
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    try {
      // Else the client would keep every job in memory until Redis is back.
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

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
