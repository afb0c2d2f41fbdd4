import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../platform/errors/errors.js';
import { nextTime, readRule } from './rule.js';

function codeOf(cron: string, timeZone = 'UTC'): string {
  try {
    return readRule(cron, timeZone).cron;
  } catch (error) {
    return error instanceof GiveUpError ? error.code : String(error);
  }
}

function times(cron: string, timeZone: string, from: string, count: number): string[] {
  const found: string[] = [];
  let after = new Date(from);
  for (let n = 0; n < count; n += 1) {
    const next = nextTime({ cron, timeZone }, after);
    if (!next) break;
    found.push(next.toISOString().replace(':00.000Z', 'Z'));
    after = next;
  }
  return found;
}

describe('readRule', () => {
  it.each([
    ['30 9 * * 1-5', '30 9 * * 1-5'],
    ['  0  9 * *\tMON-FRI ', '0 9 * * MON-FRI'],
    ['*/5 * * * *', '*/5 * * * *'],
    ['0 9 L * *', '0 9 L * *'],
    ['0,58 9 * * *', '0,58 9 * * *'],
    ['0 9 * * THU', '0 9 * * THU'],
  ])('reads %j', (cron, tidy) => {
    expect(codeOf(cron)).toBe(tidy);
  });

  it.each([
    ['', 'SCHEDULE_RULE_INVALID'],
    ['5', 'SCHEDULE_RULE_INVALID'],
    ['@daily', 'SCHEDULE_RULE_INVALID'],
    ['0 0 9 * * *', 'SCHEDULE_RULE_INVALID'],
    ['H 9 * * *', 'SCHEDULE_RULE_INVALID'],
    ['0 5,H 9 * *', 'SCHEDULE_RULE_INVALID'],
    ['99 9 * * *', 'SCHEDULE_RULE_INVALID'],
    ['0 0 30 2 *', 'SCHEDULE_RULE_INVALID'],
    ['every day at nine o’clock', 'SCHEDULE_RULE_INVALID'],
    [`${'1,'.repeat(200)}1 9 * * *`, 'SCHEDULE_RULE_INVALID'],
    ['* * * * *', 'SCHEDULE_TOO_OFTEN'],
    ['*/4 * * * *', 'SCHEDULE_TOO_OFTEN'],
    ['*/7 * * * *', 'SCHEDULE_TOO_OFTEN'],
    ['0,4 9 * * *', 'SCHEDULE_TOO_OFTEN'],
    ['0,58 9-10 * * *', 'SCHEDULE_TOO_OFTEN'],
    ['1,58 0,23 * * *', 'SCHEDULE_TOO_OFTEN'],
  ])('refuses %j', (cron, code) => {
    expect(codeOf(cron)).toBe(code);
  });

  it('refuses a time zone that does not exist', () => {
    expect(codeOf('0 9 * * *', 'Mars/Olympus')).toBe('SCHEDULE_RULE_INVALID');
    expect(codeOf('0 9 * * *', '')).toBe('SCHEDULE_RULE_INVALID');
  });
});

describe('nextTime', () => {
  it('stays at the same time of day through the changes to and from summer time', () => {
    expect(times('0 9 * * *', 'Europe/Berlin', '2027-03-26T12:00:00Z', 3)).toEqual([
      '2027-03-27T08:00Z',
      '2027-03-28T07:00Z',
      '2027-03-29T07:00Z',
    ]);
    expect(times('0 9 * * *', 'America/New_York', '2026-10-31T14:00:00Z', 2)).toEqual([
      '2026-11-01T14:00Z',
      '2026-11-02T14:00Z',
    ]);
  });

  it('is an hour later when the change skips the time, and once when it repeats it', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T01:30Z',
      '2027-03-29T00:30Z',
    ]);
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('is as much later as the change skips, which is half an hour on Lord Howe Island', () => {
    expect(times('15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T00:00:00Z', 2)).toEqual([
      '2027-10-02T15:45Z',
      '2027-10-03T15:15Z',
    ]);
    expect(times('0 0 * * *', 'America/Havana', '2027-03-13T12:00:00Z', 2)).toEqual([
      '2027-03-14T05:00Z',
      '2027-03-15T04:00Z',
    ]);
  });

  it('comes to each local time once, of rules with several as well', () => {
    // 02:00 and 02:30 are skipped: their moments are those of 03:00 and 03:30.
    expect(times('*/30 * * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', 5)).toEqual([
      '2027-03-28T00:30Z',
      '2027-03-28T01:00Z',
      '2027-03-28T01:30Z',
      '2027-03-28T02:00Z',
      '2027-03-28T02:30Z',
    ]);
    // 02:45 is 03:45, behind 03:10.
    expect(times('10,45 2,3 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', 3)).toEqual([
      '2027-03-28T01:10Z',
      '2027-03-28T01:45Z',
      '2027-03-29T00:10Z',
    ]);
    expect(times('0 3 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', 1)).toEqual(['2027-03-28T01:00Z']);
    expect(times('45 2 28 3 *', 'Europe/Berlin', '2027-03-28T01:10:00Z', 1)).toEqual(['2027-03-28T01:45Z']);
    // The second 02:00 and 02:30 are none.
    expect(times('*/30 * * * *', 'Europe/Berlin', '2027-10-30T23:45:00Z', 4)).toEqual([
      '2027-10-31T00:00Z',
      '2027-10-31T00:30Z',
      '2027-10-31T02:00Z',
      '2027-10-31T02:30Z',
    ]);
  });

  it('comes once a day in every time zone, from whichever moment it is read', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const from = new Date('2026-12-31T12:00:00Z').getTime();
    const moment = fc.integer({ min: 0, max: 365 * 24 * 60 }).map((minute) => from + minute * 60_000);
    const ofDay = fc.tuple(fc.constantFrom(0, 1, 2, 3, 23), fc.constantFrom(0, 15, 30, 45));
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, ofDay, (timeZone, start, [hour, minute]) => {
        const rule = { cron: `${minute} ${hour} * * *`, timeZone } as const;
        const local = (time: Date) => time.toLocaleString('sv', { timeZone }).slice(0, 10);
        const days: string[] = [];
        let after = new Date(start);
        for (let n = 0; n < 4; n += 1) {
          const next = nextTime(rule, after);
          if (!next || next <= after) return false;
          // A moment between two times leads to the second of them.
          const between = new Date(Math.max(after.getTime(), next.getTime() - 40 * 60_000));
          if (nextTime(rule, between)?.getTime() !== next.getTime()) return false;
          days.push(local(next));
          after = next;
        }
        const nextDay = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
        return days.every((day, n) => n === 0 || day === nextDay(days[n - 1] ?? ''));
      }),
      { numRuns: 200 },
    );
  });

  it('is always later than the given time, and null if there is none', () => {
    expect(times('0 9 * * *', 'UTC', '2026-11-25T09:00:00Z', 1)).toEqual(['2026-11-26T09:00Z']);
    expect(times('0 9 29 2 *', 'UTC', '2026-11-25T09:00:00Z', 1)).toEqual(['2028-02-29T09:00Z']);
    expect(nextTime({ cron: '0 0 31 2,4 *', timeZone: 'UTC' }, new Date())).toBeNull();
    expect(nextTime({ cron: '0 9 * * *', timeZone: 'Mars/Olympus' }, new Date())).toBeNull();
  });
});
