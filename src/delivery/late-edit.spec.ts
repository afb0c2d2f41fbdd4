import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIRM_SOON_MS, LATE_MS, nextConfirmationMs } from './late-edit.js';

describe('nextConfirmationMs', () => {
  it('ends when such an edit can no longer take effect', () => {
    expect(nextConfirmationMs({ leftMs: 0 })).toBeNull();
  });

  it('comes soon at first, then less and less often, a few times in all, and last when the doubt is over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LATE_MS }), (doubtAgeMs) => {
        let leftMs = LATE_MS - doubtAgeMs;
        const pauses: number[] = [];
        for (
          let next = nextConfirmationMs({ leftMs });
          next !== null;
          next = nextConfirmationMs({ leftMs })
        ) {
          pauses.push(next);
          leftMs -= next;
        }
        expect(leftMs).toBe(0);
        expect(pauses.length).toBeLessThanOrEqual(6);
        const [last = LATE_MS, ...before] = pauses.toReversed();
        expect(last).toBeGreaterThan(0);
        for (const pause of before) expect(pause).toBeGreaterThanOrEqual(CONFIRM_SOON_MS);
      }),
    );
  });
});
