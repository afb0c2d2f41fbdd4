import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateWaitMs, firstWorthTelling } from './backlog-notices.js';

const paces = fc.record({
  running: fc.integer({ min: 0, max: 1_000 }),
  turnMs: fc.option(fc.double({ min: 0.001, max: 600_000, noNaN: true })),
});

describe('The estimate of a wait', () => {
  it('is a share of a turn for each conversation ahead', () => {
    expect(estimateWaitMs(3, { running: 10, turnMs: 20_000 })).toBe(6_000);
    expect(estimateWaitMs(1, { running: 0, turnMs: 20_000 })).toBe(20_000);
  });

  it('is null where the speed is unknown', () => {
    expect(firstWorthTelling({ running: 10, turnMs: null }, 5_000)).toBeNull();
    expect(firstWorthTelling({ running: 10, turnMs: 0 }, 5_000)).toBeNull();
  });

  it('selects exactly the positions that wait as long, from the first of them on', () => {
    fc.assert(
      fc.property(paces, fc.integer({ min: 1, max: 100_000 }), (pace, leastMs) => {
        const first = firstWorthTelling(pace, leastMs);
        if (first === null) {
          expect(estimateWaitMs(1_000, pace)).toBe(0);
          return;
        }
        // Within the precision of a fraction.
        expect(estimateWaitMs(first, pace)).toBeGreaterThanOrEqual(leastMs * (1 - 1e-9));
        if (first > 1) expect(estimateWaitMs(first - 1, pace)).toBeLessThanOrEqual(leastMs);
      }),
    );
  });
});
