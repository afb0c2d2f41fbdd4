import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../platform/errors/errors.js';
import { readWhen } from './when.js';

const now = new Date('2026-11-25T10:00:00.000Z');
const read = (text: string) => readWhen(text, now).toISOString();

function codeOf(text: string): string {
  try {
    return read(text);
  } catch (error) {
    return error instanceof GiveUpError ? error.code : String(error);
  }
}

describe('readWhen', () => {
  it.each([
    ['2026-11-25T12:30:00+01:00', '2026-11-25T11:30:00.000Z'],
    ['2026-11-25T12:30:00-0330', '2026-11-25T16:00:00.000Z'],
    ['2026-11-25T12:30:00Z', '2026-11-25T12:30:00.000Z'],
    ['2026-11-25T12:30', '2026-11-25T12:30:00.000Z'],
    ['2026-11-25T12:30:15.250', '2026-11-25T12:30:15.250Z'],
    ['2026-12-01', '2026-12-01T00:00:00.000Z'],
    ['10m', '2026-11-25T10:10:00.000Z'],
    ['2h30m', '2026-11-25T12:30:00.000Z'],
    ['2H 30M', '2026-11-25T12:30:00.000Z'],
    ['1d', '2026-11-26T10:00:00.000Z'],
    ['1w2d', '2026-12-04T10:00:00.000Z'],
    ['45s', '2026-11-25T10:00:45.000Z'],
    ['1.5h', '2026-11-25T11:30:00.000Z'],
    [' PT10M ', '2026-11-25T10:10:00.000Z'],
    ['P1DT2H', '2026-11-26T12:00:00.000Z'],
    ['P2W', '2026-12-09T10:00:00.000Z'],
    ['pt0,5h', '2026-11-25T10:30:00.000Z'],
    ['365d', '2027-11-25T10:00:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(read(text)).toBe(time);
  });

  it.each([
    ['', 'SCHEDULE_TIME_INVALID'],
    ['tomorrow', 'SCHEDULE_TIME_INVALID'],
    ['10', 'SCHEDULE_TIME_INVALID'],
    ['30m2h', 'SCHEDULE_TIME_INVALID'],
    ['-10m', 'SCHEDULE_TIME_INVALID'],
    ['P', 'SCHEDULE_TIME_INVALID'],
    ['PT', 'SCHEDULE_TIME_INVALID'],
    ['P1DT', 'SCHEDULE_TIME_INVALID'],
    ['P1Y', 'SCHEDULE_TIME_INVALID'],
    ['2026-02-30T10:00:00Z', 'SCHEDULE_TIME_INVALID'],
    ['2026-11-25T25:00:00Z', 'SCHEDULE_TIME_INVALID'],
    ['2026-11-25T12:30:00+99:00', 'SCHEDULE_TIME_INVALID'],
    ['12:30', 'SCHEDULE_TIME_INVALID'],
    ['0m', 'SCHEDULE_TIME_PAST'],
    ['2026-11-25T10:00:00Z', 'SCHEDULE_TIME_PAST'],
    ['2026-11-25', 'SCHEDULE_TIME_PAST'],
    ['367d', 'SCHEDULE_TIME_TOO_FAR'],
    ['2028-01-01T00:00:00Z', 'SCHEDULE_TIME_TOO_FAR'],
    ['99999999999999999999d', 'SCHEDULE_TIME_TOO_FAR'],
  ])('refuses %j', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('reads every time of the coming year as it is written, and adds up every duration', () => {
    const oneYear = fc.integer({ min: 1, max: 31_536_000 });
    fc.assert(
      fc.property(oneYear, (seconds) => {
        const time = new Date(now.getTime() + seconds * 1_000).toISOString();
        expect([read(time), read(`${seconds}s`), read(`PT${seconds}S`)]).toEqual([time, time, time]);
      }),
    );
  });

  it('answers any text with a time or a reason, quickly', () => {
    const odd = fc.stringMatching(/^[P T0-9.,:+ZWDHMSwdhms-]{0,64}$/);
    fc.assert(
      fc.property(fc.oneof(odd, fc.string({ maxLength: 64 })), (text) => {
        expect(codeOf(text)).toMatch(/^SCHEDULE_TIME_|^\d{4}-\d\d-\d\dT/);
      }),
      { numRuns: 2_000 },
    );
  });
});
