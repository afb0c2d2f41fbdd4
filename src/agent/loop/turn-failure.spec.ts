import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError, RetryLaterError, type TurnpikeError } from '../../platform/errors/errors.js';
import { en } from '../../platform/i18n/en.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import { decideAfterFailure, MAX_ATTEMPTS, MAX_PAUSE_MS, TurnTimeoutError } from './turn-failure.js';
import { errorTexts } from '../../../test/support/error-texts.js';

const decide = (error: TurnpikeError, turn: { readonly attempts: number }, random: number, i18n: I18n) =>
  decideAfterFailure(error, turn, random, i18n, errorTexts);
const later = (retryAfterMs: number | null) => new RetryLaterError('MODEL_429', 'busy', retryAfterMs);

describe('afterFailure', () => {
  it('tries again after a growing pause, or the longer one that the server asked for', () => {
    expect(decide(later(null), { attempts: 0 }, 0, en)).toMatchObject({ kind: 'again', delayMs: 500 });
    expect(decide(later(null), { attempts: 2 }, 0, en)).toMatchObject({
      kind: 'again',
      delayMs: 2_000,
    });
    expect(decide(later(20_000), { attempts: 0 }, 0, en)).toMatchObject({
      kind: 'again',
      delayMs: 20_000,
    });
    expect(decide(later(1), { attempts: 0 }, 0, en)).toMatchObject({ kind: 'again', delayMs: 500 });
  });

  it('gives up at the last try, at once if another try is useless, and if the requested pause is too long', () => {
    expect(decide(later(null), { attempts: MAX_ATTEMPTS - 1 }, 0, en).kind).toBe('give-up');
    expect(decide(new GiveUpError('MODEL_401', 'no'), { attempts: 0 }, 0, en).kind).toBe('give-up');
    expect(decide(later(86_400_000), { attempts: 0 }, 0, en).kind).toBe('give-up');
  });

  it('never puts a turn off for more than its limit, nor for zero time', () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: -1_000_000, max: 2_000_000_000 })),
        fc.integer({ min: 0, max: 10 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (asked, attempts, random) => {
          const decision = decide(later(asked), { attempts }, random, en);
          if (decision.kind === 'give-up') return;
          expect(decision.delayMs).toBeGreaterThanOrEqual(500);
          expect(decision.delayMs).toBeLessThanOrEqual(MAX_PAUSE_MS);
        },
      ),
    );
  });

  it('notifies the user in one sentence, without internals', () => {
    const text = (error: GiveUpError) => decide(error, { attempts: 0 }, 0, en).failure.text;
    expect(text(new TurnTimeoutError(1))).toBe(en.timedOut);
    expect(text(new GiveUpError('MODEL_400', 'secret details'))).toBe(en.modelRefusedRequest);
    expect(text(new GiveUpError('MODEL_401', 'secret details'))).toBe(en.failed);
  });
});
