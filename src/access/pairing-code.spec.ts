import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPairingCode, readPairingCode } from './pairing-code.js';

describe('A pairing code', () => {
  it('has six characters, none of which looks like another', () => {
    for (let count = 0; count < 500; count += 1)
      expect(newPairingCode()).toMatch(/^[2-9BCDFGHJKMNPQRSTWXZ]{6}$/);
  });

  it('is rarely repeated', () => {
    expect(new Set(Array.from({ length: 500 }, newPairingCode)).size).toBe(500);
  });

  it('is read however it is typed', () => {
    const code = newPairingCode();
    expect(readPairingCode(` ${code.slice(0, 3)}-${code.slice(3)} `.toLowerCase())).toBe(code);
  });

  it('is not read from other characters or another length', () => {
    for (const typed of ['', 'ABCDEF', '22222', '2222222', '22222O', '22222\0', "' OR 1=1", 'ＢＢＢＢＢＢ'])
      expect(readPairingCode(typed)).toBeNull();
    fc.assert(
      fc.property(fc.string(), (typed) => {
        const read = readPairingCode(typed);
        if (read !== null) expect(read).toMatch(/^[2-9BCDFGHJKMNPQRSTWXZ]{6}$/);
      }),
    );
  });
});
