import { describe, expect, it } from 'vitest';
import { fateOf } from './overhearing.js';

const wishes = { answersAll: false, window: 0, isBlocked: false };

describe('What becomes of what people say to each other', () => {
  it.each([
    ['ignored', null, 0],
    ['kept', null, 20],
    ['ignored', wishes, 20],
    ['kept', { ...wishes, window: 1 }, 0],
    ['answered', { ...wishes, answersAll: true }, 0],
    ['ignored', { answersAll: true, window: 5, isBlocked: true }, 20],
  ] as const)('is %s: %j, %i otherwise', (fate, group, fallback) => {
    expect(fateOf(group, fallback)).toBe(fate);
  });
});
