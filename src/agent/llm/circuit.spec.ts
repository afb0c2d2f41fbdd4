import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  circuitAfterFailure,
  type Circuit,
  FAILURES_TO_OPEN,
  leastBad,
  MAX_OPEN_MS,
  OPEN_MS,
} from './circuit.js';

const momentary = { code: 'MODEL_503', lasting: false, retryAfterMs: null };
const series = (failures: readonly Parameters<typeof circuitAfterFailure>[1][]) =>
  failures.reduce<Circuit | null>(circuitAfterFailure, null);
const times = (count: number) => Array.from({ length: count }, () => momentary);

describe('afterFailure', () => {
  it('opens at the third failure in a row', () => {
    const waits = [1, 2, 3].map((count) => series(times(count))?.waitMs);
    expect(waits).toEqual([null, null, OPEN_MS]);
    expect(waits).toHaveLength(FAILURES_TO_OPEN);
  });

  it('opens at once for a lasting failure, and for as long as the provider said', () => {
    expect(series([{ ...momentary, code: 'MODEL_401', lasting: true }])).toMatchObject({
      waitMs: OPEN_MS,
      lasting: true,
      code: 'MODEL_401',
    });
    expect(series([{ ...momentary, retryAfterMs: 45_000 }])?.waitMs).toBe(45_000);
    expect(series([{ ...momentary, retryAfterMs: 1_000 }])?.waitMs).toBe(null);
    expect(series([{ ...momentary, retryAfterMs: 86_400_000 }])?.waitMs).toBe(MAX_OPEN_MS);
  });

  it('stays open twice as long each time that a probe fails, up to its limit', () => {
    const waits = [3, 4, 5, 6, 7, 8, 9, 5_000].map((count) => series(times(count))?.waitMs);
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it('never opens for zero time or for longer than its limit, whatever the provider asks for', () => {
    const failures = fc.array(
      fc.record({
        code: fc.constant('MODEL_503'),
        lasting: fc.boolean(),
        retryAfterMs: fc.option(fc.double({ noNaN: true })),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(failures, (all) => {
        const waitMs = series(all)?.waitMs ?? null;
        if (waitMs === null) return;
        expect(waitMs).toBeGreaterThanOrEqual(OPEN_MS);
        expect(waitMs).toBeLessThanOrEqual(MAX_OPEN_MS);
      }),
    );
  });
});

describe('leastBad', () => {
  it('prefers a temporary failure to a lasting one, and the one that is due first', () => {
    const open = (name: string, lasting: boolean, waitMs: number) => ({
      name,
      circuit: { failures: 3, trips: 1, code: '', lasting, waitMs },
    });
    expect(leastBad([open('a', true, 1), open('b', false, 9_000), open('c', false, 8_000)])?.name).toBe('c');
    expect(leastBad([open('a', true, 2), open('b', true, 1)])?.name).toBe('b');
    expect(leastBad([])).toBeUndefined();
  });
});
