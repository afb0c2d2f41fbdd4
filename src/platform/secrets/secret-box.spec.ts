import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../errors/errors.js';
import { openSecret, sealSecret } from './secret-box.js';

const key = randomBytes(32);

describe('A sealed secret', () => {
  it('is opened with its key for its owner, and looks different each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uuid(), (text, owner) => {
        const secret = text.toWellFormed();
        const sealed = sealSecret(key, owner, secret);
        expect(openSecret(key, owner, sealed)).toBe(secret);
        expect(sealSecret(key, owner, secret)).not.toEqual(sealed);
      }),
    );
  });

  it('is not opened for another owner, with another key, or after a change of any bit', () => {
    const sealed = sealSecret(key, 'owner', 'a secret');
    expect(() => openSecret(key, 'other', sealed)).toThrow(GiveUpError);
    expect(() => openSecret(randomBytes(32), 'owner', sealed)).toThrow(GiveUpError);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) =>
        index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      expect(() => openSecret(key, 'owner', changed), String(bit)).toThrow(GiveUpError);
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => openSecret(key, 'owner', sealed.subarray(0, length))).toThrow(GiveUpError);
  });
});
