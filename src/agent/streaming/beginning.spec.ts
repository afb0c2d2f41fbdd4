import { describe, expect, it } from 'vitest';
import { beginningOf } from './beginning.js';

/** A channel whose messages hold this many characters, with the texts it was asked to compose. */
function channelOf(holds: number) {
  const composed: string[] = [];
  const compose = (text: string) => {
    composed.push(text);
    return Array.from({ length: Math.max(1, Math.ceil(text.length / holds)) }, () => ({ text }));
  };
  return { compose, composed };
}

describe('beginningOf', () => {
  it('is a whole text that one message holds, and its cursor', () => {
    expect(beginningOf('Once', ' ▌', channelOf(4_096))).toEqual({ text: 'Once ▌' });
  });

  it('is most of one message’s length for a longer text', () => {
    const { text = '' } = beginningOf('x'.repeat(50_000), ' ▌', channelOf(4_096)) ?? {};
    expect(String(text).length).toBeGreaterThan(2_500);
    expect(String(text).length).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/^x+ ▌$/);
  });

  it('takes the same time however long the text has become', () => {
    const costOf = (length: number) => {
      const channel = channelOf(4_096);
      beginningOf('x'.repeat(length), '', channel);
      return channel.composed.reduce((sum, text) => sum + text.length, 0);
    };
    expect(costOf(100_000)).toBe(costOf(15_000));
  });
});
