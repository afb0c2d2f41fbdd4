import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GiveUpError } from '../errors/errors.js';

const ALGORITHM = 'aes-256-gcm';
/** The first byte of a sealed text: the form of the rest. */
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES;

/**
 * Encrypts a secret with AES-256-GCM: a version, a random nonce, the tag, the encrypted text.
 * @param key 32 bytes
 * @param owner an id to which the secret belongs: it cannot be opened for another one
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export function sealSecret(key: Buffer, owner: string, secret: string): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(owner));
  const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return new Uint8Array(Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), encrypted]));
}

/** @throws GiveUpError if it was sealed with another key or for another owner, or was changed since */
export function openSecret(key: Buffer, owner: string, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION) throw unreadable();
  const [iv, tag] = [bytes.subarray(1, 1 + IV_BYTES), bytes.subarray(1 + IV_BYTES, HEAD_BYTES)];
  try {
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(owner))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw unreadable();
  }
}

const unreadable = (): GiveUpError =>
  new GiveUpError(
    'SECRET_UNREADABLE',
    'the secret cannot be decrypted',
    'Was SECRETS_KEY changed? Give the source its secret again, or the endpoint a new one.',
  );
