import type { Proof, SignatureScheme } from './signature-scheme.js';
import type { SignedRequest } from './signed-request.js';
import { AUTHENTIC, type RefusalReason, refused, type SignatureCheck } from './verification.js';

/** Accepts what one of several schemes accepts, for providers whose users choose. It proves what the weakest does. */
export class AnyOfScheme implements SignatureScheme {
  readonly proves: Proof;
  private readonly schemes: readonly SignatureScheme[];

  constructor(...schemes: readonly [SignatureScheme, ...SignatureScheme[]]) {
    this.schemes = schemes;
    this.proves = weakestOf(schemes.map(({ proves }) => proves));
  }

  verify(request: SignedRequest, secrets: readonly string[], nowMs: number): SignatureCheck {
    const reasons: RefusalReason[] = [];
    for (const scheme of this.schemes) {
      const check = scheme.verify(request, secrets, nowMs);
      if (check.kind === 'refused') reasons.push(check.reason);
    }
    return reasons.length < this.schemes.length ? AUTHENTIC : refused(mostTelling(reasons));
  }
}

function weakestOf(proofs: readonly Proof[]): Proof {
  if (proofs.includes('nothing')) return 'nothing';
  return proofs.includes('sender') ? 'sender' : 'content';
}

/** A reason that comes after a right signature tells most, and one for an absent header least. */
function mostTelling(reasons: readonly RefusalReason[]): RefusalReason {
  return (
    reasons.find((reason) => reason === 'stale' || reason === 'future') ??
    reasons.find((reason) => !reason.startsWith('missing-') && reason !== 'no-secret') ??
    reasons[0] ??
    'missing-signature'
  );
}
