import { Injectable } from '@nestjs/common';
import { DatabaseClock } from '../platform/database/database-clock.js';
import { GiveUpError } from '../platform/errors/errors.js';
import type { Schedule } from '../generated/prisma/client.js';
import { nextTime, readRule } from './rule.js';
import { MAX_SCHEDULES, type NewSchedule, ScheduleRepository } from './schedule.repository.js';
import { readWhen } from './when.js';

/** The time, as it was written. */
export type When =
  | { readonly kind: 'once'; readonly at: string }
  | { readonly kind: 'repeatedly'; readonly cron: string; readonly timeZone: string }
  /** At multiples of `everyMinutes` (5 to 44,640: a month), from `startAt` on; null: from the first one after now. */
  | { readonly kind: 'interval'; readonly everyMinutes: number; readonly startAt: string | null };

/** A schedule to be made. */
export interface Plan extends Pick<
  NewSchedule,
  'conversationId' | 'kind' | 'text' | 'createdBy' | 'idempotencyKey'
> {
  readonly when: When;
  readonly policy?: SchedulePolicy;
}

/** The treatment of times that were missed, and of times that overlap. */
export type SchedulePolicy = Partial<Pick<Schedule, 'missed' | 'overlap'>>;

/** Plans reminders and tasks of a conversation. All times are the database's. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly repository: ScheduleRepository,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Plans once for each idempotency key: a second call returns the first one's schedule.
   * @throws GiveUpError `SCHEDULES_FULL`, `SCHEDULE_CONVERSATION_GONE`, and the errors of `readWhen` and `readRule`
   */
  async plan({ when, policy, ...plan }: Plan): Promise<Schedule> {
    // First: the time of the first call may be past by now.
    const known = plan.idempotencyKey === null ? null : await this.repository.findByKey(plan.idempotencyKey);
    if (known) return known;
    const made = await this.repository.add({ ...plan, ...(await this.timesOf(when)), ...policy });
    switch (made) {
      case 'full':
        throw new GiveUpError(
          'SCHEDULES_FULL',
          `Not planned: ${MAX_SCHEDULES} reminders and schedules are planned here already, which is the most. ` +
            'One has to be cancelled first: /schedules lists them.',
        );
      case 'gone':
        throw new GiveUpError('SCHEDULE_CONVERSATION_GONE', 'Not planned: there is no such conversation.');
      default:
        return made;
    }
  }

  /** The columns of its time. @throws GiveUpError as `readWhen` and `readRule` do */
  async timesOf(when: When): Promise<Pick<Schedule, 'cron' | 'timeZone' | 'everyMinutes' | 'nextAt'>> {
    const now = await this.clock.now();
    const without = { cron: null, timeZone: 'UTC', everyMinutes: null };
    if (when.kind === 'once') return { ...without, nextAt: readWhen(when.at, now) };
    if (when.kind === 'interval') {
      const { everyMinutes, startAt } = when;
      return { ...without, everyMinutes, nextAt: readWhen(startAt ?? `${everyMinutes}m`, now) };
    }
    const rule = readRule(when.cron, when.timeZone);
    const nextAt = nextTime(rule, now);
    if (!nextAt) throw new GiveUpError('SCHEDULE_RULE_INVALID', `Not planned: "${rule.cron}" never comes.`);
    return { ...rule, everyMinutes: null, nextAt };
  }
}
