import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideAnswer,
  DENIED_FOR_MS,
  type LatestPairing,
  MAX_OF_ONE,
  MAX_PENDING,
  REPEAT_AFTER_MS,
} from './pairing-decision.js';

const latest: fc.Arbitrary<LatestPairing> = fc.record({
  id: fc.constant('id'),
  code: fc.constant('CODE22'),
  state: fc.constantFrom('pending', 'approved', 'denied', 'expired'),
  overdue: fc.boolean(),
  sinceNotifiedMs: fc.integer({ min: 0, max: 2 * REPEAT_AFTER_MS }),
  sinceDecidedMs: fc.integer({ min: 0, max: 2 * DENIED_FOR_MS }),
});
const pending = fc.record({ all: fc.nat(2 * MAX_PENDING), ofAsker: fc.nat(2 * MAX_OF_ONE) });
const none = { all: 0, ofAsker: 0 };

describe('The answer to a chat without access', () => {
  it('is its code at first, unless too many requests wait, of all or of the asker', () => {
    fc.assert(
      fc.property(pending, (others) => {
        const hasRoom = others.all < MAX_PENDING && others.ofAsker < MAX_OF_ONE;
        expect(decideAnswer(null, others)).toBe(hasRoom ? 'new' : 'full');
      }),
    );
  });

  it('is its code again, but seldom, while the request is open, however many wait', () => {
    fc.assert(
      fc.property(latest, pending, (one, others) => {
        const open: LatestPairing = { ...one, state: 'pending', overdue: false };
        expect(decideAnswer(open, others)).toBe(one.sinceNotifiedMs >= REPEAT_AFTER_MS ? 'repeat' : 'quiet');
      }),
    );
  });

  it('is silence for a day after a denial', () => {
    fc.assert(
      fc.property(latest, pending, (one, others) => {
        const answer = decideAnswer({ ...one, state: 'denied' }, others);
        if (one.sinceDecidedMs < DENIED_FOR_MS) expect(answer).toBe('quiet');
        else expect(answer).not.toBe('quiet');
      }),
    );
  });

  it('is a new code once the last one has expired, so no expired code is repeated', () => {
    fc.assert(
      fc.property(latest, (one) => {
        if (one.state === 'denied' || (one.state === 'pending' && !one.overdue)) return;
        expect(decideAnswer(one, none)).toBe('new');
      }),
    );
  });
});
