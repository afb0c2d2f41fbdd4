import { randomInt } from 'node:crypto';

/** No 0 and O, no 1, I and L, no U and V, no vowels that make words. */
const ALPHABET = '23456789BCDFGHJKMNPQRSTWXZ';
const LENGTH = 6;

/** Creates a code that can be read out. It identifies a request; knowing it grants no access. */
export function newPairingCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '').join('');
}

/** Reads a typed code; null if it is none. Pure. */
export function readPairingCode(typed: string): string | null {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  return code.length === LENGTH && Array.from(code).every((sign) => ALPHABET.includes(sign)) ? code : null;
}
