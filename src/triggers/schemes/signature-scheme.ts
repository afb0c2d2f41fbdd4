import type { SignedRequest } from './signed-request.js';
import type { SignatureCheck } from './verification.js';

/**
 * How far a scheme's yes reaches. `content`: the sender has the secret, and the body is what it signed. `sender`: the
 * sender has the secret, but whoever sees a request can change and repeat it. `nothing`: anybody may send, so the caller
 * allows it on the loopback interface only.
 */
export type Proof = 'content' | 'sender' | 'nothing';

/** A way in which senders prove who they are. Pure, and it never throws, whatever the request is. */
export interface SignatureScheme {
  readonly proves: Proof;

  /**
   * Any of the secrets may match, so that a secret can be rotated without a refused request. The time does not reveal
   * which one did, nor how nearly the others did. Empty secrets never match.
   * @param nowMs the present, in milliseconds since 1970
   */
  verify(request: SignedRequest, secrets: readonly string[], nowMs: number): SignatureCheck;
}
