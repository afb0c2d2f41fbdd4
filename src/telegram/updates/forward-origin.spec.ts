import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutsideText } from '../../channel/outside-text.js';
import { othersOf } from './forward-origin.js';

const nameIn = (message: unknown): string | null => {
  const from = othersOf(message)?.from;
  return from ? OutsideText.unmarked(from) : null;
};

describe('The origin of a message', () => {
  it.each([
    ['a user', { type: 'user', sender_user: { first_name: 'Grace', last_name: 'Hopper' } }, 'Grace Hopper'],
    ['a user who hides', { type: 'hidden_user', sender_user_name: 'Mallory' }, 'Mallory'],
    ['a chat', { type: 'chat', sender_chat: { title: 'The club' } }, 'The club'],
    ['a channel', { type: 'channel', chat: { title: 'News' } }, 'the channel News'],
    ['an origin that nobody knows yet', { type: 'dream' }, null],
    ['a user without a name', { type: 'user', sender_user: {} }, null],
  ])('is named for %s', (_what, forward_origin, name) => {
    expect(othersOf({ forward_origin })).not.toBeNull();
    expect(nameIn({ forward_origin })).toBe(name);
  });

  it('is another bot that wrote it', () => {
    expect(nameIn({ via_bot: { id: 7, is_bot: true, first_name: 'Gif' } })).toBe('Gif');
    expect(othersOf({ via_bot: {} })?.what).toMatch(/another bot/);
  });

  it('is not the sender on servers that name no origin', () => {
    expect(othersOf({ forward_date: 1 })).not.toBeNull();
  });

  it('is the sender where no other is named, and reading it never throws', () => {
    expect(othersOf({ text: 'hi' })).toBeNull();
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, forward_origin) => {
        expect(() => othersOf(value)).not.toThrow();
        expect(nameIn({ forward_origin })).not.toBe('');
      }),
    );
  });
});
