import type { Schedule } from '../../generated/prisma/client.js';
import { timesAfter } from '../rule.js';

type Rule = Pick<Schedule, 'cron' | 'timeZone' | 'everyMinutes' | 'nextAt'>;

/** The times of a schedule that have come. */
export interface DueTimes {
  /** Ascending, at most `MAX_RECORDED`: the oldest ones. */
  readonly times: readonly Date[];
  /** The one behind them, which may have come too; null: there is none. */
  readonly next: Date | null;
}

/** The decision about them. */
export interface DueDecision {
  readonly fire: readonly Date[];
  readonly missed: readonly Date[];
  /** The time to go on from, which may have come too; null: there is none. */
  readonly next: Date | null;
}

/** Missed times that fire, at most: the newest. */
export const MAX_DUE = 100;
/** Times that one transaction records; the next one goes on. */
export const MAX_RECORDED = 500;
/** A time is missed when it is this late. */
export const LATE_MS = 60_000;

const MINUTE_MS = 60_000;

/** Finds the times of a due schedule from its next one on. Pure. @param now not before `nextAt` */
export function dueTimes(rule: Rule, now: Date): DueTimes {
  const times = [rule.nextAt];
  for (const time of laterTimes(rule)) {
    if (time > now || times.length === MAX_RECORDED) return { times, next: time };
    times.push(time);
  }
  return { times, next: null };
}

function* laterTimes({ cron, timeZone, everyMinutes, nextAt }: Rule): Generator<Date, void> {
  if (cron !== null) yield* timesAfter({ cron, timeZone }, nextAt);
  // Exact multiples: a late run moves no later one.
  if (everyMinutes !== null)
    for (let n = 1; ; n += 1) yield new Date(nextAt.getTime() + n * everyMinutes * MINUTE_MS);
}

/**
 * Decides which times fire. Where more have come than one transaction records, none does yet: the newest are not known.
 * Pure.
 */
export function decideDue(policy: Schedule['missed'], { times, next }: DueTimes, now: Date): DueDecision {
  const most = policy === 'all' ? MAX_DUE : 1;
  const newest = times.slice(-most);
  const old = times.slice(0, -most);
  if (next !== null && next <= now) return { fire: [], missed: old, next: newest[0] ?? next };
  const isLate = now.getTime() - (newest.at(-1)?.getTime() ?? 0) > LATE_MS;
  if (policy === 'none' && isLate) return { fire: [], missed: times, next };
  return { fire: newest, missed: old, next };
}
