import { describe, expect, it } from 'vitest';
import { fateOf } from './group-context.service.js';

const wishes = { answersAll: false, window: 0, isBlocked: false };

describe('The disposition of a group message that is not for the bot', () => {
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
