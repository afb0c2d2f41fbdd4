import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardedFrom } from './forward-origin.js';

describe('From whom a message is', () => {
  it.each([
    ['a user', { type: 'user', sender_user: { first_name: 'Grace', last_name: 'Hopper' } }, 'Grace Hopper'],
    ['a user who hides', { type: 'hidden_user', sender_user_name: 'Mallory' }, 'Mallory'],
    ['a chat', { type: 'chat', sender_chat: { title: 'The club' } }, 'The club'],
    ['a channel', { type: 'channel', chat: { title: 'News' } }, 'the channel News'],
    ['an origin that nobody knows yet', { type: 'dream' }, 'somebody'],
    ['a user without a name', { type: 'user', sender_user: {} }, 'somebody'],
  ])('is told of %s', (_what, forward_origin, name) => {
    expect(forwardedFrom({ forward_origin })).toBe(name);
  });

  it('is not its sender for servers that name no origin', () => {
    expect(forwardedFrom({ forward_date: 1 })).toBe('somebody');
  });

  it('is nobody where it is the sender’s own, and never throws', () => {
    expect(forwardedFrom({ text: 'hi' })).toBeNull();
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, forward_origin) => {
        expect(() => forwardedFrom(value)).not.toThrow();
        expect(forwardedFrom({ forward_origin })).not.toBe('');
      }),
    );
  });
});
