import { describe, expect, it } from 'vitest';
import { membershipUpdate, newChatId, reactionUpdate } from '../../../test/support/updates.js';
import { readUpdate } from './update-reader.js';

const person = newChatId();
const group = -newChatId();
const read = (update: object) => readUpdate(update, null);

describe('a reaction', () => {
  it.each([
    [null, '👍', 'up'],
    [null, '👎', 'down'],
    ['👍', '👎', 'down'],
    ['👎', null, null],
    ['👍', '❤', null],
  ])('from %s to %s is the verdict %s', (before, now, verdict) => {
    expect(read(reactionUpdate(group, 7, { before, now, at: 100 }))).toMatchObject({
      kind: 'reaction',
      channelMessageId: '7',
      verdict,
      at: new Date(100_000),
    });
  });

  it.each([
    [null, '❤'],
    ['❤', null],
    ['👍', '👍'],
  ])('from %s to %s is null', (before, now) => {
    expect(readUpdate(reactionUpdate(person, 7, { before, now }), null)).toBeNull();
  });

  it('may have an invalid date', () => {
    const { message_reaction, ...update } = reactionUpdate(person, 7, { now: '👍' });
    for (const date of ['x', -5, 2 ** 52]) {
      const reaction = read({ ...update, message_reaction: { ...message_reaction, date } });
      if (reaction?.kind !== 'reaction') throw new Error('no reaction');
      expect(Number.isNaN(reaction.at.getTime())).toBe(false);
    }
  });
});

describe('the bot’s membership', () => {
  it.each([
    ['member', 'kicked', 'removed'],
    ['administrator', 'left', 'removed'],
    ['kicked', 'member', 'added'],
    ['left', 'administrator', 'added'],
  ])('from %s to %s is %s', (before, now, change) => {
    const changed = read(membershipUpdate(person, before, now));
    expect(changed).toMatchObject({ kind: 'membership', change });
  });

  it.each([
    ['member', 'administrator'],
    ['left', 'kicked'],
    ['member', 'a status of tomorrow'],
  ])('from %s to %s is no change', (before, now) => {
    expect(readUpdate(membershipUpdate(group, before, now), null)).toBeNull();
  });
});
