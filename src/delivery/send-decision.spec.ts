import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChannelMessageId, ChatId } from '../channel/ids.js';
import type { SendOutcome } from '../channel/channel.js';
import { decideSend, GIVE_UP_AFTER_MS, LEAST_ATTEMPTS, type Tries } from './send-decision.js';

const error = 'why';
const first: Tries = { attempts: 1, unknownSends: 0, ageMs: 1_000 };
const unknownOnce: Tries = { ...first, attempts: 2, unknownSends: 1 };
const old: Tries = { attempts: LEAST_ATTEMPTS, unknownSends: 0, ageMs: GIVE_UP_AFTER_MS + 1 };

const sent: SendOutcome = { kind: 'sent', channelMessageId: ChannelMessageId('7') };
const limited: SendOutcome = { kind: 'limited', retryAfterMs: 3_000, error };
const unavailable: SendOutcome = { kind: 'unavailable', error };
const unknown: SendOutcome = { kind: 'unknown', error };
const moved: SendOutcome = { kind: 'moved', toChatId: ChatId('-1001'), error };
const refused: SendOutcome = { kind: 'refused', code: 'BOT_BLOCKED', error };

describe('decide', () => {
  it.each<[string, SendOutcome, Tries, object]>([
    ['sent', sent, first, { kind: 'sent', channelMessageId: '7' }],
    ['sent after an unknown', sent, unknownOnce, { kind: 'sent', channelMessageId: '7' }],
    ['limited', limited, first, { kind: 'again', delayMs: 3_000, countsAsTry: false }],
    ['limited after an unknown', limited, unknownOnce, { kind: 'again', delayMs: 3_000, countsAsTry: false }],
    ['unavailable', unavailable, first, { kind: 'again', delayMs: 500, countsAsTry: true }],
    [
      'unavailable for the third time',
      unavailable,
      { ...first, attempts: 3 },
      { kind: 'again', delayMs: 2_000 },
    ],
    [
      'unavailable for a day',
      unavailable,
      old,
      { kind: 'give-up', code: 'CHANNEL_UNAVAILABLE', uncertain: false },
    ],
    [
      'unavailable for a day after an unknown',
      unavailable,
      { ...old, unknownSends: 1 },
      { kind: 'give-up', uncertain: true },
    ],
    ['unavailable, old but hardly tried', unavailable, { ...old, attempts: 1 }, { kind: 'again' }],
    ['unknown', unknown, first, { kind: 'once-more', delayMs: 500 }],
    [
      'unknown, with a pause asked for',
      { ...unknown, retryAfterMs: 9_000 },
      first,
      { kind: 'once-more', delayMs: 9_000 },
    ],
    [
      'unavailable, with a pause asked for',
      { ...unavailable, retryAfterMs: 9_000 },
      first,
      { kind: 'again', delayMs: 9_000 },
    ],
    [
      'unknown twice',
      unknown,
      unknownOnce,
      { kind: 'give-up', code: 'SEND_OUTCOME_UNKNOWN', uncertain: true },
    ],
    ['unknown on the first try of an old reply', unknown, old, { kind: 'once-more' }],
    ['moved', moved, first, { kind: 'moved', toChatId: '-1001' }],
    ['moved again and again', moved, { ...first, attempts: 6 }, { kind: 'give-up', code: 'CHAT_MIGRATED' }],
    [
      'refused',
      refused,
      first,
      { kind: 'give-up', code: 'BOT_BLOCKED', uncertain: false, unreachable: true },
    ],
    ['refused as it is', { ...refused, code: 'TOO_LONG' }, first, { kind: 'give-up', unreachable: false }],
    [
      'refused after an unknown',
      refused,
      unknownOnce,
      { kind: 'give-up', code: 'BOT_BLOCKED', uncertain: true },
    ],
  ])('%s', (_name, outcome, tries, expected) => {
    expect(decideSend(outcome, tries, 0)).toMatchObject(expected);
  });

  const outcomes = fc.constantFrom(sent, limited, unavailable, unknown, refused);
  const tries = fc.record({
    attempts: fc.integer({ min: 1, max: 10_000 }),
    unknownSends: fc.integer({ min: 0, max: 2 }),
    ageMs: fc.integer({ min: -GIVE_UP_AFTER_MS, max: 3 * GIVE_UP_AFTER_MS }),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('never sends a third time after two unknown outcomes', () => {
    fc.assert(
      fc.property(outcomes, tries, random, (outcome, past, chance) => {
        const decision = decideSend(outcome, past, chance);
        expect(decision.kind === 'once-more').toBe(outcome.kind === 'unknown' && past.unknownSends === 0);
      }),
    );
  });

  it('gives up only a reply that is refused, unknown twice, or a day old', () => {
    fc.assert(
      fc.property(outcomes, tries, random, (outcome, past, chance) => {
        const given =
          outcome.kind === 'refused' ||
          (outcome.kind === 'unknown' && past.unknownSends > 0) ||
          (outcome.kind === 'unavailable' &&
            past.ageMs > GIVE_UP_AFTER_MS &&
            past.attempts >= LEAST_ATTEMPTS);
        expect(decideSend(outcome, past, chance).kind === 'give-up').toBe(given);
      }),
    );
  });

  it('pauses from a fraction of a second to a minute, longer after more tries, or as long as the channel asked', () => {
    fc.assert(
      fc.property(outcomes, tries, random, (outcome, past, chance) => {
        const decision = decideSend(outcome, past, chance);
        if (decision.kind !== 'again' && decision.kind !== 'once-more') return;
        if (outcome.kind === 'limited') {
          expect(decision.delayMs).toBe(outcome.retryAfterMs);
          return;
        }
        expect(decision.delayMs).toBeGreaterThanOrEqual(500);
        expect(decision.delayMs).toBeLessThanOrEqual(60_000);
        const later = decideSend(outcome, { ...past, attempts: past.attempts + 1 }, chance);
        if ('delayMs' in later) expect(later.delayMs).toBeGreaterThanOrEqual(decision.delayMs);
      }),
    );
  });
});
