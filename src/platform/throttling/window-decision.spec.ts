import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideWindow, type WindowDecision } from './window-decision.js';

interface Ask {
  /** Real milliseconds since the previous call. */
  readonly gap: number;
  readonly wanted: number;
  /** How far the clock is set back just before this call. */
  readonly setBack: number;
}

const limits = fc.integer({ min: 1, max: 6 });
const periods = fc.integer({ min: 1, max: 50 });

function asks(setBack: fc.Arbitrary<number>): fc.Arbitrary<Ask[]> {
  const ask = fc.record({
    gap: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 60 }),
      fc.double({ min: 0, max: 60, noNaN: true }),
    ),
    wanted: fc.integer({ min: 1, max: 9 }),
    setBack,
  });
  return fc.array(ask, { maxLength: 40 });
}

const steadyClock = fc.constant(0);
const clockSetBack = fc.oneof(
  { weight: 4, arbitrary: steadyClock },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 500 }) },
);

/** Runs the calls through `decide`, and returns the real time of each. */
function run(sequence: readonly Ask[], limit: number, periodMs: number) {
  let hits: readonly number[] = [];
  let trueTime = 0;
  let clock = 1_000_000;
  return sequence.map(({ gap, wanted, setBack }) => {
    trueTime += gap;
    clock += gap - setBack;
    const decision: WindowDecision = decideWindow(hits, clock, wanted, limit, periodMs);
    hits = decision.hits;
    return { trueTime, clock, wanted, ...decision };
  });
}

/** The most that was granted in any window `(t - periodMs, t]`; such windows are fullest when they end at a grant. */
function fullestWindow(granted: readonly { trueTime: number; granted: number }[], periodMs: number): number {
  return Math.max(
    0,
    ...granted.map((end) =>
      granted
        .filter((one) => one.trueTime <= end.trueTime && end.trueTime - one.trueTime < periodMs)
        .reduce((sum, one) => sum + one.granted, 0),
    ),
  );
}

describe('decide', () => {
  it('never grants more than the limit in any window of the period, even when the clock is set back', () => {
    fc.assert(
      fc.property(asks(clockSetBack), limits, periods, (sequence, limit, periodMs) => {
        // A millionth, for the rounding of sums of fractions.
        expect(fullestWindow(run(sequence, limit, periodMs), periodMs - 1e-6)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('grants all that the window has room for', () => {
    fc.assert(
      fc.property(asks(steadyClock), limits, periods, (sequence, limit, periodMs) => {
        const decisions = run(sequence, limit, periodMs);
        for (const [index, { clock, wanted, granted }] of decisions.entries()) {
          const inside = decisions
            .slice(0, index)
            .filter((earlier) => clock - earlier.clock < periodMs)
            .reduce((sum, earlier) => sum + earlier.granted, 0);
          expect(granted).toBe(Math.min(wanted, limit - inside));
        }
      }),
    );
  });

  it('names the time of the next unit: not earlier, and exactly then', () => {
    fc.assert(
      fc.property(asks(clockSetBack), limits, periods, (sequence, limit, periodMs) => {
        for (const { clock, wanted, granted, retryAfterMs, hits } of run(sequence, limit, periodMs)) {
          expect(retryAfterMs === 0).toBe(granted === wanted);
          if (retryAfterMs === 0) continue;
          expect(Number.isInteger(retryAfterMs)).toBe(true);
          expect(decideWindow(hits, clock + retryAfterMs, 1, limit, periodMs).granted).toBe(1);
          expect(decideWindow(hits, clock + retryAfterMs - 1, 1, limit, periodMs).granted).toBe(0);
        }
      }),
    );
  });

  it('is available again one period after the clock was set back, however far', () => {
    fc.assert(
      fc.property(
        asks(clockSetBack),
        limits,
        periods,
        fc.integer({ min: 0 }),
        (sequence, limit, periodMs, back) => {
          const last = run(sequence, limit, periodMs).at(-1);
          const clock = (last?.clock ?? 0) - back;
          const seen = decideWindow(last?.hits ?? [], clock, 1, limit, periodMs);
          expect(decideWindow(seen.hits, clock + periodMs, limit, limit, periodMs).granted).toBe(limit);
        },
      ),
    );
  });

  it('waits until enough units have left for a lowered limit', () => {
    const { granted, retryAfterMs } = decideWindow([0, 10, 20, 30], 40, 1, 2, 100);
    expect(granted).toBe(0);
    expect(retryAfterMs).toBe(80);
  });

  it('forgets units that have left and keeps none that it refuses', () => {
    expect(decideWindow([0, 60], 100, 3, 2, 100).hits).toEqual([60, 100]);
  });
});
