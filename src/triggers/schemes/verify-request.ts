import { readJson } from './json-body.js';
import { readLocation } from './location.js';
import type { Preset } from './preset.js';
import type { SignedRequest } from './signed-request.js';
import { refused, type Verification } from './verification.js';

/** The part of a preset that verification needs. A source may have its own `deliveryId`. */
type Verified = Pick<Preset, 'scheme' | 'deliveryId' | 'handshake'>;

/**
 * Decides what to do with a request to a source. Pure; never throws. The body is parsed only after its signature was
 * found right.
 * @param secrets those of the source that have not expired, in any order
 * @param nowMs the present, in milliseconds since 1970
 */
export function verifyRequest(
  { scheme, deliveryId, handshake }: Verified,
  request: SignedRequest,
  secrets: readonly string[],
  nowMs: number,
): Verification {
  if (handshake?.kind === 'unsigned' && handshake.isAsked(request)) {
    const answer = handshake.answer(request, secrets);
    return answer ? { kind: 'handshake', answer } : refused('wrong-signature');
  }

  const check = scheme.verify(request, secrets, nowMs);
  if (check.kind === 'refused') return check;

  const json = handshake || deliveryId?.kind === 'json' ? readJson(request.body) : undefined;
  if (handshake?.kind === 'signed') {
    const signs = (secret: string) => scheme.verify(request, [secret], nowMs).kind === 'authentic';
    const answer = handshake.answer(json, () => secrets.find(signs) ?? '');
    if (answer) return { kind: 'handshake', answer };
  }
  return { kind: 'accepted', deliveryId: deliveryId && readLocation(deliveryId, request, json) };
}
