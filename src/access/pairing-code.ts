import { randomInt } from 'node:crypto';

/** No 0 and O, no 1, I and L, no U and V, no vowels that make words. */
const ALPHABET = '23456789BCDFGHJKMNPQRSTWXZ';
const LENGTH = 6;

/** A code that can be read out. It tells requests apart; nobody is let in by knowing one. */
export function newPairingCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '').join('');
}

/** A code as somebody typed it; null where it is none. Pure. */
export function readPairingCode(typed: string): string | null {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  return code.length === LENGTH && Array.from(code).every((sign) => ALPHABET.includes(sign)) ? code : null;
}
