import { describe, expect, it } from 'vitest';
import { Clock } from '../../../platform/runtime/clock.js';
import { readArguments } from '../tool-arguments.js';
import { CurrentTimeParameters, CurrentTimeTool, describeTime } from './current-time.tool.js';

const time = new Date('2026-11-03T23:05:09.123Z');

describe('current_time', () => {
  it.each([
    ['UTC', '2026-11-03T23:05:09+00:00 (Tuesday, UTC)'],
    ['Europe/Berlin', '2026-11-04T00:05:09+01:00 (Wednesday, Europe/Berlin)'],
    ['America/St_Johns', '2026-11-03T19:35:09-03:30 (Tuesday, America/St_Johns)'],
    ['asia/tokyo', '2026-11-04T08:05:09+09:00 (Wednesday, Asia/Tokyo)'],
  ])('returns the time in %s with its offset and weekday', (zone, text) => {
    expect(describeTime(time, zone)).toBe(text);
  });

  it('writes a moment that reads back as the same', () => {
    for (const zone of ['Asia/Kathmandu', 'Pacific/Kiritimati', 'America/Los_Angeles']) {
      const [iso = ''] = describeTime(time, zone).split(' ');
      expect(Math.floor(new Date(iso).getTime() / 1_000)).toBe(Math.floor(time.getTime() / 1_000));
    }
  });

  it('uses UTC without a zone', () => {
    expect(new CurrentTimeTool(Object.assign(new Clock(), { now: () => time })).now({})).toContain('UTC');
  });

  it('refuses an unknown zone before the call', async () => {
    for (const zone of ['Europe/Nowhere', 'tomorrow', '', 5]) {
      const read = await readArguments(JSON.stringify({ timeZone: zone }), CurrentTimeParameters);
      expect(read).toMatchObject({ kind: 'invalid', reasons: [expect.stringContaining('timeZone')] });
    }
  });
});
