import type { Schedule } from '../../generated/prisma/client.js';
import { nextTime } from '../rule.js';

type Rule = Pick<Schedule, 'cron' | 'timeZone' | 'everyMinutes' | 'nextAt'>;

/** The times of a schedule that have come. */
export interface DueTimes {
  /** Ascending, at most `MAX_DUE`: the newest ones. */
  readonly times: readonly Date[];
  /** The first one that has yet to come; null: there is none. */
  readonly next: Date | null;
}

/** What becomes of them. */
export interface DueDecision {
  readonly fire: readonly Date[];
  readonly missed: readonly Date[];
}

/** Times that one pass fires or records. */
export const MAX_DUE = 100;
/** Times that are counted one by one: behind them only the next one is looked for. */
const MAX_COUNTED = 1_000;
/** A time is missed when it is this late. */
export const LATE_MS = 60_000;

const MINUTE_MS = 60_000;

/** Finds the times of a due schedule from its next one on. Pure. @param now not before `nextAt` */
export function dueTimes(rule: Rule, now: Date): DueTimes {
  if (rule.everyMinutes !== null) return ofInterval(rule.everyMinutes * MINUTE_MS, rule.nextAt, now);
  const { cron, timeZone } = rule;
  const times = [rule.nextAt];
  if (cron === null) return { times, next: null };
  let next = nextTime({ cron, timeZone }, rule.nextAt);
  for (let counted = 1; next !== null && next <= now; counted += 1) {
    if (counted === MAX_COUNTED) return { times, next: nextTime({ cron, timeZone }, now) };
    times.push(next);
    if (times.length > MAX_DUE) times.shift();
    next = nextTime({ cron, timeZone }, next);
  }
  return { times, next };
}

/** Exact multiples: a late run moves no later one. */
function ofInterval(everyMs: number, first: Date, now: Date): DueTimes {
  const last = first.getTime() + Math.floor((now.getTime() - first.getTime()) / everyMs) * everyMs;
  const count = Math.min(MAX_DUE, (last - first.getTime()) / everyMs + 1);
  const times = Array.from({ length: count }, (_, index) => new Date(last - (count - 1 - index) * everyMs));
  return { times, next: new Date(last + everyMs) };
}

/** Decides which times fire. Pure. */
export function decideDue(policy: Schedule['missed'], times: readonly Date[], now: Date): DueDecision {
  const newest = times.at(-1);
  switch (policy) {
    case 'all':
      return { fire: times, missed: [] };
    case 'one':
      return { fire: newest ? [newest] : [], missed: times.slice(0, -1) };
    case 'none': {
      const isLate = !newest || now.getTime() - newest.getTime() > LATE_MS;
      return isLate ? { fire: [], missed: times } : { fire: [newest], missed: times.slice(0, -1) };
    }
  }
}
