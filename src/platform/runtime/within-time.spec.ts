import { describe, expect, it } from 'vitest';
import { OutOfTimeError, withinTime } from './within-time.js';

describe('Work with a time limit', () => {
  it('returns its result, or throws its error', () => {
    const value = { a: 1 };
    expect(withinTime(1_000, () => value)).toBe(value);
    expect(() => withinTime(1_000, () => JSON.parse('{'))).toThrow(SyntaxError);
  });

  it('is aborted, and the next has its own time', () => {
    expect(() =>
      withinTime(20, () => {
        for (;;);
      }),
    ).toThrow(OutOfTimeError);
    expect(withinTime(1_000, () => 'next')).toBe('next');
  });
});
