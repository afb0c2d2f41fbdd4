import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIN_SECRET_LENGTH } from './guessable.js';

/** A generated key. */
export interface GeneratedKey {
  readonly key: string;
  /** False if the file can be neither read nor written: the next start has another key. */
  readonly kept: boolean;
}

/**
 * The key in a file that only its owner can read, made on the first start. Of several processes that start at once, one
 * makes it, and all use it.
 * @param bytes of randomness in a new key, which is their base64url
 */
export function readOrMakeKey(file: string, bytes = 24): GeneratedKey {
  const found = read(file);
  if (found !== null) return { key: found, kept: true };
  const key = randomBytes(bytes).toString('base64url');
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return { key, kept: true };
  } catch {
    const others = read(file); // Another process was faster.
    return others === null ? { key, kept: false } : { key: others, kept: true };
  }
}

function read(file: string): string | null {
  try {
    const key = readFileSync(file, 'utf8').trim();
    return key.length >= MIN_SECRET_LENGTH ? key : null;
  } catch {
    return null;
  }
}
