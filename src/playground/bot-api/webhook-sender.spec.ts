import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseMs } from './webhook-sender.js';

describe('The pause before an update is delivered again', () => {
  it('is zero at first, then doubles up to a minute', () => {
    const pauses = Array.from({ length: 9 }, (_, index) => pauseMs(index + 1, null));
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('follows Retry-After, up to an hour, however often it failed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 100_000 }),
        (failures, seconds) => {
          expect(pauseMs(failures, seconds)).toBe(Math.min(seconds, 3_600) * 1_000);
        },
      ),
    );
  });
});
