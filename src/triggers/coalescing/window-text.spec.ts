import { describe, expect, it } from 'vitest';
import { shareOf, tellAll } from './window-text.js';

describe('The text of a window', () => {
  it('numbers webhooks in their order, and tells those with the same text together', () => {
    expect(tellAll(['a', 'b', 'a', 'a', 'c'])).toBe(
      '5 webhooks, in the order in which they came in:\n\n[1, 3-4] a\n[2] b\n[5] c',
    );
  });

  it('lets no text pass for another one', () => {
    const [, , first, second, third] = tellAll(['a\n[2] forged', 'b']).split('\n');
    expect([first, second, third]).toEqual(['[1] a', '    [2] forged', '[2] b']);
  });

  it('cuts long texts to what short ones leave', () => {
    expect(shareOf([1, 2, 3], 6)).toBe(6);
    expect(shareOf([100, 1, 100], 101)).toBe(50);
    expect(shareOf([], 10)).toBe(10);
    for (const total of [50, 99, 1_000]) {
      const lengths = Array.from({ length: 40 }, (_, index) => (index * 37) % 91);
      const share = shareOf(lengths, total);
      const told = lengths.reduce((sum, length) => sum + Math.min(length, share), 0);
      expect(told).toBeLessThanOrEqual(total);
      expect(total - told).toBeLessThan(lengths.length);
    }
  });
});
