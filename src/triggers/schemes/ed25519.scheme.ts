import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureScheme } from './signature-scheme.js';
import { headerOf, type SignedRequest } from './signed-request.js';
import { DEFAULT_TOLERANCE_SECONDS, faultOfTimestamp } from './timestamp.js';
import { AUTHENTIC, refused, type SignatureCheck } from './verification.js';

export interface Ed25519Options {
  /** The header with the signature in lower-case hexadecimal digits. */
  readonly header: string;
  /** The header with the time, which is signed in front of the body. */
  readonly timestampHeader: string;
}

/**
 * Ed25519 over time and body. The source's "secrets" are the sender's public keys, in hexadecimal digits.
 * @see https://www.rfc-editor.org/rfc/rfc8032
 */
export class Ed25519Scheme implements SignatureScheme {
  readonly proves = 'content';

  constructor(private readonly options: Ed25519Options) {}

  verify(request: SignedRequest, secrets: readonly string[], nowMs: number): SignatureCheck {
    const header = headerOf(request, this.options.header);
    if (header === null) return refused('missing-signature');
    if (!/^[\da-f]{128}$/.test(header)) return refused('malformed-signature');
    const timestamp = headerOf(request, this.options.timestampHeader);
    if (timestamp === null) return refused('missing-timestamp');
    const keys = secrets.flatMap(publicKeyOf);
    if (keys.length === 0) return refused('no-secret');

    const signature = Buffer.from(header, 'hex');
    const content = Buffer.concat([Buffer.from(timestamp), request.body]);
    const matches = keys.filter((key) => verify(null, content, key, signature));
    if (matches.length === 0) return refused('wrong-signature');
    const fault = faultOfTimestamp(timestamp, nowMs, DEFAULT_TOLERANCE_SECONDS);
    return fault ? refused(fault) : AUTHENTIC;
  }
}

/** Any 32 bytes are taken; OpenSSL finds a point that is not on the curve when it verifies, and says no. */
function publicKeyOf(secret: string): KeyObject[] {
  if (!/^[\da-f]{64}$/i.test(secret)) return [];
  const x = Buffer.from(secret, 'hex').toString('base64url');
  return [createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })];
}
