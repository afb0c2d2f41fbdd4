import type { HmacAlgorithm, SignatureEncoding } from './hmac.js';
import { HmacScheme } from './hmac.scheme.js';
import { inHeader } from './location.js';

/** An HMAC as an operator describes it, for a provider that has no preset. */
export interface DescribedHmac {
  /** The header with the signature, in any case. */
  readonly header: string;
  readonly algorithm: HmacAlgorithm;
  readonly encoding: SignatureEncoding;
  /** Stands before the signature, like `sha256=`. */
  readonly prefix?: string;
  /** The signed text. Default: `{timestamp}.{body}` with a timestamp header, else `{body}`. */
  readonly template?: string;
  /** The header with the time of the signature, in seconds or milliseconds since 1970. */
  readonly timestampHeader?: string;
  /** Default: 300. */
  readonly toleranceSeconds?: number;
}

/** @throws RangeError naming the fault if the template and the timestamp header do not fit */
export function describedHmac({ header, timestampHeader, template, ...rest }: DescribedHmac): HmacScheme {
  const timed = timestampHeader === undefined ? {} : { timestamp: inHeader(timestampHeader.toLowerCase()) };
  const standard = timestampHeader === undefined ? '{body}' : '{timestamp}.{body}';
  return new HmacScheme({ ...rest, ...timed, header: header.toLowerCase(), template: template ?? standard });
}
