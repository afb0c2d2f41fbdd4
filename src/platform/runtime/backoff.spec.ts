import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  it('doubles from the base up to the limit, the upper half of each pause by chance', () => {
    const pause = (attempt: number, random: number) =>
      backoffMs(attempt, { baseMs: 1_000, maxMs: 60_000 }, random);
    expect([1, 2, 3, 7, 1_000_000].map((attempt) => pause(attempt, 0))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000,
    ]);
    expect(pause(1, 0.999_999)).toBe(1_000);
  });

  it('never passes the limit nor falls under half of the base, however many tries there were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1 }),
        fc.integer({ min: 2, max: 10_000 }),
        fc.integer({ min: 10_000, max: 10_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, baseMs, maxMs, random) => {
          const pause = backoffMs(attempt, { baseMs, maxMs }, random);
          expect(pause).toBeGreaterThanOrEqual(Math.floor(baseMs / 2));
          expect(pause).toBeLessThanOrEqual(maxMs);
        },
      ),
    );
  });
});
