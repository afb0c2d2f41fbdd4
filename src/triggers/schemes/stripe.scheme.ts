import { isAnyEqual } from './constant-time.js';
import { hmacSignatures, textKey } from './hmac.js';
import type { SignatureScheme } from './signature-scheme.js';
import { headerOf, type SignedRequest } from './signed-request.js';
import { DEFAULT_TOLERANCE_SECONDS, faultOfTimestamp } from './timestamp.js';
import { AUTHENTIC, refused, type SignatureCheck } from './verification.js';

const HEADER = 'stripe-signature';
const MAX_FIELDS = 16;

/**
 * One header with the time and the signatures: `t=…,v1=…,v1=…`. Signatures of other versions (`v0`) are ignored.
 * @see https://docs.stripe.com/webhooks/signature
 */
export class StripeScheme implements SignatureScheme {
  readonly proves = 'content';

  verify(request: SignedRequest, secrets: readonly string[], nowMs: number): SignatureCheck {
    const header = headerOf(request, HEADER);
    if (header === null) return refused('missing-signature');
    const fields = header.split(',');
    const [timestamp, ...more] = valuesOf(fields, 't=');
    const given = valuesOf(fields, 'v1=');
    if (fields.length > MAX_FIELDS || more.length > 0 || given.length === 0)
      return refused('malformed-signature');
    if (timestamp === undefined) return refused('missing-timestamp');

    const chunks = [Buffer.from(`${timestamp}.`), request.body];
    const expected = hmacSignatures(secrets, textKey, chunks, { algorithm: 'sha256', encoding: 'hex' });
    if (expected.length === 0) return refused('no-secret');
    if (!isAnyEqual(given, expected)) return refused('wrong-signature');
    const fault = faultOfTimestamp(timestamp, nowMs, DEFAULT_TOLERANCE_SECONDS);
    return fault ? refused(fault) : AUTHENTIC;
  }
}

const valuesOf = (fields: readonly string[], key: string): string[] =>
  fields.flatMap((field) => (field.startsWith(key) ? [field.slice(key.length)] : []));
