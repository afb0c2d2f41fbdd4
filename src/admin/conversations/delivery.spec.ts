import { describe, expect, it } from 'vitest';
import { deliveryOf, type ReplyPart } from './delivery.js';

const part = (state: ReplyPart['state'], change: Partial<ReplyPart> = {}): ReplyPart => ({
  state,
  attempts: 1,
  error: null,
  firstError: null,
  ...change,
});

describe('deliveryOf', () => {
  it('is null for a message that was not to be sent', () => {
    expect(deliveryOf([])).toBeNull();
  });

  it('returns the worst part: failed, uncertain, sending, pending, sent', () => {
    const fromBest = ['sent', 'pending', 'sending', 'uncertain', 'failed'] as const;
    for (const [index, state] of fromBest.entries()) {
      const parts = fromBest.slice(0, index + 1).map((each) => part(each));
      expect(deliveryOf(parts)?.state).toBe(state);
      expect(deliveryOf(parts.toReversed())?.state).toBe(state);
    }
  });

  it('returns the most attempts, and the error of the worst part', () => {
    const parts = [
      part('sent', { attempts: 5, error: 'old' }),
      part('failed', { attempts: 2, firstError: 'first', error: 'last' }),
    ];
    expect(deliveryOf(parts)).toEqual({ state: 'failed', attempts: 5, error: 'last' });
    expect(deliveryOf([part('failed', { firstError: 'first' })])?.error).toBe('first');
  });
});
