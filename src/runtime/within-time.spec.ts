import { describe, expect, it } from 'vitest';
import { OutOfTimeError, withinTime } from './within-time.js';

describe('Work within a time', () => {
  it('gives what it comes to, or throws what it throws', () => {
    const value = { a: 1 };
    expect(withinTime(1_000, () => value)).toBe(value);
    expect(() => withinTime(1_000, () => JSON.parse('{'))).toThrow(SyntaxError);
  });

  it('is broken off, and the next has its own time', () => {
    expect(() =>
      withinTime(20, () => {
        for (;;);
      }),
    ).toThrow(OutOfTimeError);
    expect(withinTime(1_000, () => 'next')).toBe('next');
  });
});
