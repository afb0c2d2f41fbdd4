import type { Queue } from 'bullmq';
import type { DatabaseClock } from '../../platform/database/database-clock.js';

/** Recurring work, and its period in the whole cluster. */
export interface Schedule {
  readonly name: string;
  readonly periodMs: number;
}

/** Rounds that may be missing before the schedule counts as set by a wrong clock. */
const TOLERATED_ROUNDS = 5;

/**
 * Keeps a BullMQ job scheduler in its queue, which may be emptied at any time.
 *
 * BullMQ sets the next round by the clock of the machine that began the last one. A machine whose clock is ahead sets
 * it far into the future. A round that is too far ahead by the database's clock, which all processes share, is set
 * anew.
 */
export class ScheduleKeeper {
  constructor(
    private readonly schedule: Schedule,
    private readonly queue: Queue,
    private readonly clock: DatabaseClock,
  ) {}

  /** Makes sure that the next round is due within a few periods. Harmless in several processes at once. */
  async ensure(): Promise<void> {
    const { name, periodMs } = this.schedule;
    const [scheduler, now] = await Promise.all([this.queue.getJobScheduler(name), this.clock.now()]);
    if (scheduler) {
      const away = Math.abs((scheduler.next ?? 0) - now.getTime());
      if (away < TOLERATED_ROUNDS * periodMs) return;
      // An upsert keeps the time of a round that still waits.
      await this.queue.removeJobScheduler(name);
    }
    const opts = { removeOnComplete: true, removeOnFail: true };
    await this.queue.upsertJobScheduler(name, { every: periodMs, startDate: now }, { name, opts });
  }
}
