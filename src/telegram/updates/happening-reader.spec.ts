import { describe, expect, it } from 'vitest';
import { membershipUpdate, newChatId, reactionUpdate } from '../../../test/support/updates.js';
import { readUpdate } from './update-reader.js';

const person = newChatId();
const group = -newChatId();
const happeningOf = (update: object) => readUpdate(update, null)?.happening ?? null;

describe('a reaction', () => {
  it.each([
    [null, '👍', 'up'],
    [null, '👎', 'down'],
    ['👍', '👎', 'down'],
    ['👎', null, null],
    ['👍', '❤', null],
  ])('from %s to %s is the verdict %s', (before, now, verdict) => {
    expect(happeningOf(reactionUpdate(group, 7, { before, now, at: 100 }))).toEqual({
      kind: 'reaction',
      channelMessageId: 7n,
      verdict,
      at: new Date(100_000),
    });
  });

  it.each([
    [null, '❤'],
    ['❤', null],
    ['👍', '👍'],
  ])('from %s to %s is none', (before, now) => {
    expect(readUpdate(reactionUpdate(person, 7, { before, now }), null)).toBeNull();
  });

  it('may have a date that is none', () => {
    const { message_reaction, ...update } = reactionUpdate(person, 7, { now: '👍' });
    for (const date of ['x', -5, 2 ** 52]) {
      const happening = happeningOf({ ...update, message_reaction: { ...message_reaction, date } });
      expect(Number.isNaN(happening?.at.getTime())).toBe(false);
    }
  });
});

describe('the bot’s membership', () => {
  it.each([
    ['member', 'kicked', 'shut-out'],
    ['administrator', 'left', 'shut-out'],
    ['kicked', 'member', 'let-in'],
    ['left', 'administrator', 'let-in'],
  ])('from %s to %s is %s', (before, now, kind) => {
    expect(happeningOf(membershipUpdate(person, before, now))).toMatchObject({ kind });
  });

  it.each([
    ['member', 'administrator'],
    ['left', 'kicked'],
    ['member', 'a status of tomorrow'],
  ])('from %s to %s changes nothing', (before, now) => {
    expect(readUpdate(membershipUpdate(group, before, now), null)).toBeNull();
  });
});
