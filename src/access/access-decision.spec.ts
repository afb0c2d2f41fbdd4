import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Asking, decideAccess, isDecider, placeOf } from './access-decision.js';

const role = fc.constantFrom(null, 'user', 'admin', 'owner');
const standing = fc.record({ role, blocked: fc.boolean() });
const asking: fc.Arbitrary<Asking> = fc.record({
  admission: fc.constantFrom('admitted', 'refused', 'unknown'),
  person: standing,
  chat: standing,
  place: fc.constantFrom('private', 'group', 'elsewhere'),
});
const always = (property: (one: Asking) => void) => fc.assert(fc.property(asking, property));

describe('Who may talk to the agent', () => {
  it('is nobody who is blocked, whatever else is known of them, and they are told nothing', () => {
    always((one) => {
      const blocked = { ...one, person: { ...one.person, blocked: true } };
      expect(decideAccess(blocked)).toBe('ignore');
    });
  });

  it('is, of all others, who is listed, and where the list alone decides nobody else', () => {
    always((one) => {
      const heard = { ...one, person: { ...one.person, blocked: false } };
      expect(decideAccess({ ...heard, admission: 'admitted' })).toBe('serve');
      expect(decideAccess({ ...heard, admission: 'refused' })).toBe('refuse');
    });
  });

  it('is with pairing who has a role, and everybody in a group that was let in; others get a code, where there is a place for it', () => {
    always((one) => {
      const heard: Asking = { ...one, admission: 'unknown', person: { ...one.person, blocked: false } };
      const letIn = heard.person.role !== null || heard.chat.role !== null;
      const otherwise = heard.place === 'elsewhere' ? 'ignore' : 'pair';
      expect(decideAccess(heard)).toBe(letIn ? 'serve' : otherwise);
    });
  });

  it('is decided by owners and admins who are not blocked', () => {
    fc.assert(
      fc.property(standing, (one) => {
        expect(isDecider(one)).toBe(!one.blocked && (one.role === 'owner' || one.role === 'admin'));
      }),
    );
  });

  it('depends on the place: business chats, guests and direct messages of channels are not the bot’s own', () => {
    expect(placeOf({ via: null, type: 'private' })).toBe('private');
    expect(placeOf({ via: null, type: 'supergroup' })).toBe('group');
    expect(placeOf({ via: 'business:x', type: 'private' })).toBe('elsewhere');
  });
});
