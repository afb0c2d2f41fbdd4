import { CronExpressionParser } from 'cron-parser';
import { isTimeZone } from 'class-validator';
import { nextGap } from './zone-gap.js';
import { GiveUpError, messageOf } from '../platform/errors/errors.js';

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

/**
 * The first time of a rule after `after`; null if there is none. A time that the change to summer time skips is later by
 * as much as the clocks are set forward; one that the change back repeats counts once. Pure.
 */
export function nextTime({ cron, timeZone }: Rule, after: Date): Date | null {
  try {
    const next = timeAfter(cron, timeZone, after);
    // The library passes over what a gap of half an hour skips.
    const gap = nextGap(timeZone, after, next);
    if (gap === null) return next;
    const skipped = timeAfter(cron, 'UTC', new Date(gap.fromLocal.getTime() - 1));
    if (skipped >= gap.untilLocal) return next;
    const shifted = new Date(gap.at.getTime() + skipped.getTime() - gap.fromLocal.getTime());
    return shifted < next && shifted > after ? shifted : next;
  } catch {
    // 31 February; or a zone that this Node.js does not know (any more).
    return null;
  }
}

const timeAfter = (cron: string, tz: string, currentDate: Date): Date =>
  CronExpressionParser.parse(cron, { tz, currentDate }).next().toDate();

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
