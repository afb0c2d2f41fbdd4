import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { RetryLaterError } from '../platform/errors/errors.js';
import type { LaneJob } from './lanes.js';
import { QueueBackend } from './queue-backend.js';
import { withTimeout } from './with-timeout.js';

const TIMEOUT_MS = 3_000;

/** Takes a conversation out of the lanes. */
@Injectable()
export class LaneEraser {
  private readonly queues: readonly Queue<LaneJob>[];

  constructor(
    @InjectQueue('turns') turns: Queue<LaneJob>,
    @InjectQueue('commands') commands: Queue<LaneJob>,
    @InjectQueue('deliveries') deliveries: Queue<LaneJob>,
    @InjectQueue('summaries') summaries: Queue<LaneJob>,
    private readonly backend: QueueBackend,
  ) {
    this.queues = [turns, commands, deliveries, summaries];
  }

  /**
   * Removes the conversation's waiting jobs, their deduplication keys, and BullMQ's log entries under its id. An active
   * job cannot be removed: it finds its conversation gone, ends, and is not followed by another.
   * @throws when the queue does not answer within 3 s; the jobs then end as soon as they run
   */
  async forget(conversationId: string): Promise<void> {
    if (!this.backend.reachable) throw new RetryLaterError('QUEUE_UNREACHABLE', 'the queue is not reachable');
    const work = this.queues.map((queue) => this.forgetIn(queue, conversationId));
    await withTimeout(Promise.all(work), TIMEOUT_MS);
  }

  private async forgetIn(queue: Queue<LaneJob>, conversationId: string): Promise<void> {
    const jobId = await queue.getDeduplicationJobId(conversationId);
    if (jobId !== null) await queue.remove(jobId);
    // After the job: it may have become active meanwhile and got a successor.
    await this.backend.forget(queue, conversationId);
  }
}
