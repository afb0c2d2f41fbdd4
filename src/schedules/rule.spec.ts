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

  it('is always later than the given time, and null if there is none', () => {
    expect(times('0 9 * * *', 'UTC', '2026-11-25T09:00:00Z', 1)).toEqual(['2026-11-26T09:00Z']);
    expect(times('0 9 29 2 *', 'UTC', '2026-11-25T09:00:00Z', 1)).toEqual(['2028-02-29T09:00Z']);
    expect(nextTime({ cron: '0 0 31 2,4 *', timeZone: 'UTC' }, new Date())).toBeNull();
    expect(nextTime({ cron: '0 9 * * *', timeZone: 'Mars/Olympus' }, new Date())).toBeNull();
  });
});
