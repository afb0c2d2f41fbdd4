import { CronExpressionParser } from 'cron-parser';
import { isTimeZone } from 'class-validator';
import { GiveUpError, messageOf } from '../platform/errors/errors.js';
import { type WallMs, ZoneTime } from './zone-time.js';

/** A rule for recurring times. */
export interface Rule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** Two times of a rule are at least this far apart. */
export const MIN_INTERVAL_MINUTES = 5;

const DAY_MINUTES = 24 * 60;
/** Longer than any sensible rule. */
const MAX_CRON_CHARS = 200;
/** No seconds, no aliases, and no `H`, which would be another time at each reading. */
const FIVE_FIELDS = /^(?!.*(?:^|[\s,])H)[\dA-Z*,/?#-]+(?: [\dA-Z*,/?#-]+){4}$/i;

/**
 * Reads a rule. Pure.
 * @throws GiveUpError `SCHEDULE_RULE_INVALID`, or `SCHEDULE_TOO_OFTEN` for times closer than `MIN_INTERVAL_MINUTES`
 */
export function readRule(cron: string, timeZone: string): Rule {
  const tidy = cron.trim().replaceAll(/\s+/g, ' ');
  if (!isTimeZone(timeZone)) throw invalid(`"${timeZone.slice(0, 64)}" is no IANA time zone`);
  if (tidy.length > MAX_CRON_CHARS || !FIVE_FIELDS.test(tidy)) {
    throw invalid('a rule has five fields: minute, hour, day of month, month, day of week');
  }
  const closest = closestMinutes(tidy);
  if (closest < MIN_INTERVAL_MINUTES) {
    throw new GiveUpError(
      'SCHEDULE_TOO_OFTEN',
      `Not planned: "${tidy}" has times ${closest} minutes apart; ${MIN_INTERVAL_MINUTES} is the least.`,
    );
  }
  return { cron: tidy, timeZone };
}

/** The first time of a rule after `after`; null if there is none. Pure. */
export function nextTime(rule: Rule, after: Date): Date | null {
  for (const time of timesAfter(rule, after)) return time;
  return null;
}

/**
 * The times of a rule after `after`, in order, without an end as a rule. Each local time is one time: one that the change
 * to summer time skips is as much later as the change skips, one that the change back repeats is the first of both. Pure.
 */
export function* timesAfter({ cron, timeZone }: Rule, after: Date): Generator<Date, void> {
  let zone: ZoneTime;
  try {
    zone = new ZoneTime(timeZone);
  } catch {
    // A zone that this Node.js does not know (any more).
    return;
  }
  const walls = wallTimes(cron, zone.earliestWallAfter(after.getTime()));
  let wall = walls.next();
  let last = after.getTime();
  // A wall time that a change skips is due behind the first ones after it.
  const pending: number[] = [];
  for (;;) {
    const due = pending.length > 0 ? Math.min(...pending) : null;
    if (!wall.done && (due === null || wall.value < zone.wallAt(due))) {
      pending.push(zone.momentOf(wall.value));
      wall = walls.next();
      continue;
    }
    if (due === null) return;
    pending.splice(pending.indexOf(due), 1);
    // Not one that has been: the other wall time of the same moment, or the second of a repeated hour.
    if (due <= last) continue;
    last = due;
    yield new Date(due);
  }
}

/** The rule's times on the wall clocks, which skip and repeat nothing. */
function* wallTimes(cron: string, after: WallMs): Generator<WallMs, void> {
  try {
    const times = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(after) });
    for (;;) yield times.next().getTime();
  } catch {
    // 31 February.
  }
}

/** The least distance between two times of day; between the last and the first as if the rule matched every day. */
function closestMinutes(cron: string): number {
  try {
    const { hour, minute } = CronExpressionParser.parse(cron).fields;
    const times = hour.values.flatMap((h) => minute.values.map((m) => h * 60 + m));
    const gaps = times.map((time, index) => (times[index + 1] ?? (times[0] ?? 0) + DAY_MINUTES) - time);
    return Math.min(...gaps);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(reason: string): GiveUpError {
  return new GiveUpError(
    'SCHEDULE_RULE_INVALID',
    `Not planned: ${reason}. An example is "30 9 * * 1-5" with "Europe/Lisbon".`,
  );
}
