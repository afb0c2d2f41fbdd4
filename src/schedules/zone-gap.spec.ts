import { describe, expect, it } from 'vitest';
import { nextGap } from './zone-gap.js';

const gap = (zone: string, from: string, to: string) => {
  const found = nextGap(zone, new Date(from), new Date(to));
  return (
    found && [found.at, found.fromLocal, found.untilLocal].map((time) => time.toISOString().slice(0, 16))
  );
};

describe('nextGap', () => {
  it('finds the change to summer time, to the minute', () => {
    expect(gap('Europe/Berlin', '2026-01-01T00:00:00Z', '2026-12-31T00:00:00Z')).toEqual([
      '2026-03-29T01:00',
      '2026-03-29T02:00',
      '2026-03-29T03:00',
    ]);
    expect(gap('Australia/Lord_Howe', '2026-09-01T00:00:00Z', '2026-10-05T00:00:00Z')).toEqual([
      '2026-10-03T15:30',
      '2026-10-04T02:00',
      '2026-10-04T02:30',
    ]);
  });

  it('finds none where clocks are only set back, or never', () => {
    expect(gap('Europe/Berlin', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z')).toBeNull();
    expect(gap('Asia/Kolkata', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toBeNull();
    expect(gap('UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toBeNull();
  });
});
