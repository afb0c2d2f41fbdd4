import { Injectable, Logger } from '@nestjs/common';
import { RetentionSettings } from './retention.settings.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import { pause } from '../platform/runtime/pause.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { BudgetPurgeRepository } from './budget-purge.repository.js';
import { PayloadPurgeRepository } from './payload-purge.repository.js';
import type { Purge } from './purge.js';
import { ReplyPurgeRepository } from './reply-purge.repository.js';
import { NotificationPurgeRepository } from './notification-purge.repository.js';
import { SchedulePurgeRepository } from './schedule-purge.repository.js';
import { StepPurgeRepository } from './step-purge.repository.js';

/** The pause between two statements, so that a large purge stays in the background. */
const PAUSE_MS = 50;
/** Past it a pass ends; the next one continues. Shorter than the period, so that passes do not overlap. */
const PASS_MS = 240_000;
const DAY_MS = 86_400_000;

/** The number of rows that one pass purged. */
export interface Purged {
  readonly payloads: number;
  readonly steps: number;
  readonly replies: number;
  readonly budgets: number;
  readonly schedules: number;
  readonly notifications: number;
}

type Kind = keyof Purged;

/**
 * Deletes records that are older than the settings allow, for good. Never unfinished rows, never rows that a dead
 * letter needs for its replay, never the history.
 */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger(RetentionService.name);

  constructor(
    private readonly settings: RetentionSettings,
    private readonly clock: DatabaseClock,
    private readonly stopping: Stopping,
    private readonly payloads: PayloadPurgeRepository,
    private readonly steps: StepPurgeRepository,
    private readonly replies: ReplyPurgeRepository,
    private readonly budgets: BudgetPurgeRepository,
    private readonly schedules: SchedulePurgeRepository,
    private readonly notifications: NotificationPurgeRepository,
  ) {}

  /** One pass: a batch of each kind in turn, until no old rows are left, the pass took too long or the process ends. */
  async run(): Promise<Purged> {
    const purged = await this.stopping.track(this.pass(await this.clock.now()));
    if (Object.values(purged).some((rows) => rows > 0))
      this.logger.log({ msg: 'old records removed', ...purged });
    return purged;
  }

  private async pass(now: Date): Promise<Purged> {
    const { payloadDays, stepDays, replyDays, budgetDays } = this.settings;
    const purged = { payloads: 0, steps: 0, replies: 0, budgets: 0, schedules: 0, notifications: 0 };
    let open = [
      ...batchesOf('payloads', this.payloads, now, payloadDays),
      ...batchesOf('steps', this.steps, now, stepDays),
      ...batchesOf('replies', this.replies, now, replyDays),
      ...batchesOf('budgets', this.budgets, now, budgetDays),
      // As long as the calls that made them.
      ...batchesOf('schedules', this.schedules, now, stepDays),
      // Most of them tell of replies, or of what has none.
      ...batchesOf('notifications', this.notifications, now, replyDays),
    ];
    const end = performance.now() + PASS_MS;
    while (open.length > 0) {
      const unfinished: typeof open = [];
      for (const { kind, batches } of open) {
        if (this.stopping.soon.aborted || performance.now() > end) return purged;
        const batch = await batches.next();
        if (batch.done === true) continue;
        purged[kind] += batch.value;
        unfinished.push({ kind, batches });
        await pause(PAUSE_MS, this.stopping.soon);
      }
      open = unfinished;
    }
    return purged;
  }
}

/** None for records that are kept for ever. */
function batchesOf<Mark>(kind: Kind, purge: Purge<Mark>, now: Date, days: number) {
  if (days === 0) return [];
  return [{ kind, batches: purge.batches(new Date(now.getTime() - days * DAY_MS)) }];
}
