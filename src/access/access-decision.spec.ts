import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessRequest, decideAccess, isDecider, placeOf } from './access-decision.js';

const role = fc.constantFrom(null, 'user', 'admin', 'owner');
const grant = fc.record({ role, blocked: fc.boolean() });
const asking: fc.Arbitrary<AccessRequest> = fc.record({
  admission: fc.constantFrom('admitted', 'refused', 'unknown'),
  person: grant,
  chat: grant,
  place: fc.constantFrom('private', 'group', 'elsewhere'),
});
const always = (property: (one: AccessRequest) => void) => fc.assert(fc.property(asking, property));

describe('Access to the agent', () => {
  it('is denied to blocked people, whatever their role, without an answer', () => {
    always((one) => {
      const blocked = { ...one, person: { ...one.person, blocked: true } };
      expect(decideAccess(blocked)).toBe('ignore');
    });
  });

  it('is given to all others on the list, and to nobody else if the list alone decides', () => {
    always((one) => {
      const heard = { ...one, person: { ...one.person, blocked: false } };
      expect(decideAccess({ ...heard, admission: 'admitted' })).toBe('serve');
      expect(decideAccess({ ...heard, admission: 'refused' })).toBe('refuse');
    });
  });

  it('is given, with pairing, by a role or in a group with access; others get a code, in a place for codes', () => {
    always((one) => {
      const heard: AccessRequest = {
        ...one,
        admission: 'unknown',
        person: { ...one.person, blocked: false },
      };
      const hasAccess = heard.person.role !== null || heard.chat.role !== null;
      const otherwise = heard.place === 'elsewhere' ? 'ignore' : 'pair';
      expect(decideAccess(heard)).toBe(hasAccess ? 'serve' : otherwise);
    });
  });

  it('is decided by owners and admins who are not blocked', () => {
    fc.assert(
      fc.property(grant, (one) => {
        expect(isDecider(one)).toBe(!one.blocked && (one.role === 'owner' || one.role === 'admin'));
      }),
    );
  });

  it('depends on the place: business chats, guest chats and direct messages of Telegram channels are not the bot’s own', () => {
    expect(placeOf({ via: null, type: 'private' })).toBe('private');
    expect(placeOf({ via: null, type: 'supergroup' })).toBe('group');
    expect(placeOf({ via: 'business:x', type: 'private' })).toBe('elsewhere');
  });
});
