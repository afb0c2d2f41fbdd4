import type { Preset } from '../preset.js';
import type { SignedRequest } from '../signed-request.js';

/** A request that a provider could have sent, and what is known of it. */
export interface Example {
  readonly preset: Preset;
  /** The difference that tells it from the other examples of its preset. */
  readonly case: string;
  readonly secret: string;
  /** A secret of the same kind that did not sign. */
  readonly otherSecret: string;
  /** When it is received, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly request: SignedRequest;
  /** The header with the signature. */
  readonly signature: string;
  /** The other headers that decide whether it is accepted. */
  readonly needs: readonly string[];
  /** Whether it is refused when it is old. */
  readonly isTimed: boolean;
  readonly deliveryId: string | null;
  readonly eventType: string | null;
}

type Given = Pick<Example, 'preset' | 'secret' | 'otherSecret' | 'signature'> &
  Partial<Omit<Example, 'request'>> & {
    readonly body?: string;
    readonly url?: string;
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
  };

/** 25 February 2021, 15:02:10 UTC: the time of Svix' documented example. */
export const SIGNED_AT_SECONDS = 1_614_265_330;

/** Fills in a POST of JSON without a time, an id or a type. */
export function example({
  body = '',
  url = 'https://hooks.example.com/webhook/source',
  ...given
}: Given): Example {
  const { method = 'POST', headers, ...rest } = given;
  const { pathname, search } = new URL(url);
  return {
    case: 'an event',
    nowMs: SIGNED_AT_SECONDS * 1000,
    needs: [],
    isTimed: false,
    deliveryId: null,
    eventType: null,
    ...rest,
    request: {
      method,
      url: pathname + search,
      publicUrl: url,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(body),
    },
  };
}
