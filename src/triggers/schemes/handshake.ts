import type { SignedRequest } from './signed-request.js';
import type { HandshakeAnswer } from './verification.js';

/** How a provider asks whether an endpoint is ours before it sends events there. */
export type Handshake =
  /** Asked in a signed request. */
  | {
      readonly kind: 'signed';
      /**
       * @param json the parsed body
       * @param signingSecret finds the secret that the request is signed with
       * @returns null if the request asks nothing
       */
      readonly answer: (json: unknown, signingSecret: () => string) => HandshakeAnswer | null;
    }
  /** Asked in a request without a signature, which has to show something that only the provider was told. */
  | {
      readonly kind: 'unsigned';
      readonly isAsked: (request: SignedRequest) => boolean;
      /** @returns null if the request does not show it */
      readonly answer: (request: SignedRequest, secrets: readonly string[]) => HandshakeAnswer | null;
    };

export const jsonAnswer = (body: object): HandshakeAnswer => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

export const textAnswer = (body: string): HandshakeAnswer => ({
  status: 200,
  contentType: 'text/plain',
  body,
});
