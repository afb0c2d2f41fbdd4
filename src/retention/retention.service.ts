import { Injectable, Logger } from '@nestjs/common';
import { RetentionSettings } from '../config/retention.settings.js';
import { DatabaseClock } from '../database/database-clock.js';
import { pause } from '../runtime/pause.js';
import { Stopping } from '../runtime/stopping.js';
import { BudgetPurge } from './budget-purge.repository.js';
import { PayloadPurge } from './payload-purge.repository.js';
import type { Purge } from './purge.js';
import { ReplyPurge } from './reply-purge.repository.js';
import { SchedulePurge } from './schedule-purge.repository.js';
import { StepPurge } from './step-purge.repository.js';

/** Between two statements, so that a large purge stays in the background. */
const PAUSE_MS = 50;
/** Past it a pass ends; the next one goes on. Shorter than the period, so that passes do not run side by side. */
const PASS_MS = 240_000;
const DAY_MS = 86_400_000;

/** How many rows one pass purged. */
export interface Purged {
  readonly payloads: number;
  readonly steps: number;
  readonly replies: number;
  readonly budgets: number;
  readonly schedules: number;
}

type Kind = keyof Purged;

/**
 * Removes records that are older than the settings allow, for good. Never what is unfinished, never what a dead letter
 * needs for its replay, never the history.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger(Retention.name);

  constructor(
    private readonly settings: RetentionSettings,
    private readonly clock: DatabaseClock,
    private readonly stopping: Stopping,
    private readonly payloads: PayloadPurge,
    private readonly steps: StepPurge,
    private readonly replies: ReplyPurge,
    private readonly budgets: BudgetPurge,
    private readonly schedules: SchedulePurge,
  ) {}

  /** One pass: a batch of each kind in turn, until nothing old is left, the pass took too long or the process ends. */
  async run(): Promise<Purged> {
    const purged = await this.stopping.track(this.pass(await this.clock.now()));
    if (Object.values(purged).some((rows) => rows > 0))
      this.logger.log({ msg: 'old records removed', ...purged });
    return purged;
  }

  private async pass(now: Date): Promise<Purged> {
    const { payloadDays, stepDays, replyDays, budgetDays } = this.settings;
    const purged = { payloads: 0, steps: 0, replies: 0, budgets: 0, schedules: 0 };
    let open = [
      ...batchesOf('payloads', this.payloads, now, payloadDays),
      ...batchesOf('steps', this.steps, now, stepDays),
      ...batchesOf('replies', this.replies, now, replyDays),
      ...batchesOf('budgets', this.budgets, now, budgetDays),
      // As long as the calls that made them.
      ...batchesOf('schedules', this.schedules, now, stepDays),
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

/** None where they are kept for ever. */
function batchesOf<Mark>(kind: Kind, purge: Purge<Mark>, now: Date, days: number) {
  if (days === 0) return [];
  return [{ kind, batches: purge.batches(new Date(now.getTime() - days * DAY_MS)) }];
}
