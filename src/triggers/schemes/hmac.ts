import { createHmac } from 'node:crypto';

export const hmacAlgorithms = ['sha1', 'sha256', 'sha512'] as const;
/** SHA-1 is sound inside an HMAC; some providers offer nothing newer. */
export type HmacAlgorithm = (typeof hmacAlgorithms)[number];

export const signatureEncodings = ['hex', 'upper-hex', 'base64', 'base64url'] as const;
/**
 * How a signature is written. Signatures are compared as texts, so that each has one spelling only: a hexadecimal one in
 * the other case, or Base64 with other unused bits, is wrong.
 */
export type SignatureEncoding = (typeof signatureEncodings)[number];

/** Makes a key of a secret; null if the secret is none of this kind. */
export type KeyReader = (secret: string) => Buffer | null;

/** The secret's own text is the key. */
export const textKey: KeyReader = (secret) => (secret === '' ? null : Buffer.from(secret));

/** @returns the signatures of the content by each secret that is a key */
export function hmacSignatures(
  secrets: readonly string[],
  keyOf: KeyReader,
  chunks: readonly Buffer[],
  { algorithm, encoding }: { readonly algorithm: HmacAlgorithm; readonly encoding: SignatureEncoding },
): string[] {
  return secrets.flatMap((secret) => {
    const key = keyOf(secret);
    if (key === null) return [];
    const hmac = createHmac(algorithm, key);
    for (const chunk of chunks) hmac.update(chunk);
    return [encode(hmac.digest(), encoding)];
  });
}

function encode(digest: Buffer, encoding: SignatureEncoding): string {
  switch (encoding) {
    case 'hex':
    case 'base64':
    case 'base64url':
      return digest.toString(encoding);
    case 'upper-hex':
      return digest.toString('hex').toUpperCase();
  }
}
