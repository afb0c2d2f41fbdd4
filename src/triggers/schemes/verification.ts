/** The stable codes of refusals, for logs, metrics and the admin API. A sender learns none of them. */
export type RefusalReason =
  /** The source has no secret that its scheme can use. */
  | 'no-secret'
  | 'missing-signature'
  | 'malformed-signature'
  | 'wrong-signature'
  /** The sender signed with an algorithm that is not supported. */
  | 'unsupported-algorithm'
  | 'missing-timestamp'
  | 'malformed-timestamp'
  /** The signature is right, and older than the tolerance. */
  | 'stale'
  /** The signature is right, and more than the tolerance ahead of this clock. */
  | 'future'
  /** A header that the signature covers is absent. */
  | 'missing-header'
  /** The body is not of the form that its content type promises. */
  | 'malformed-body'
  /** The request has a body that its signature does not cover. */
  | 'unsigned-body';

export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
}

/** The verdict of a scheme about a request. */
export type SignatureCheck = { readonly kind: 'authentic' } | Refused;

/** The HTTP response that completes a provider's handshake. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The treatment of a request to a source. */
export type Verification =
  /** Accept it. Its id is null if the provider sends none: then a digest of the body tells repeats apart. */
  | { readonly kind: 'accepted'; readonly deliveryId: string | null }
  | Refused
  /** Answer it with this, and store nothing. */
  | { readonly kind: 'handshake'; readonly answer: HandshakeAnswer };

export const AUTHENTIC: SignatureCheck = { kind: 'authentic' };

export const refused = (reason: RefusalReason): Refused => ({ kind: 'refused', reason });
