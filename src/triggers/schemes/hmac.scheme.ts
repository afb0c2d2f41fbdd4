import { isAnyEqual } from './constant-time.js';
import {
  type HmacAlgorithm,
  hmacSignatures,
  type KeyReader,
  type SignatureEncoding,
  textKey,
} from './hmac.js';
import { readJson } from './json-body.js';
import { type Location, readLocation } from './location.js';
import type { SignatureScheme } from './signature-scheme.js';
import { headerOf, type SignedRequest } from './signed-request.js';
import { SignedTemplate } from './signed-template.js';
import { DEFAULT_TOLERANCE_SECONDS, faultOfTimestamp } from './timestamp.js';
import { AUTHENTIC, refused, type SignatureCheck } from './verification.js';

export interface HmacOptions {
  /** The header with the signature, in lower case. */
  readonly header: string;
  readonly algorithm: HmacAlgorithm;
  readonly encoding: SignatureEncoding;
  /** Stands before each signature, like `sha256=`. Default: nothing. */
  readonly prefix?: string;
  /** Stands between several signatures, of which one has to match. Default: the header has one. */
  readonly separator?: string;
  /** The signed text: see {@link SignedTemplate}. Default: `{body}`. */
  readonly template?: string;
  /** Default: the secret's own text is the key. */
  readonly keyOf?: KeyReader;
  /** The signed time. Default: requests are not limited in time. */
  readonly timestamp?: Location;
  /** Seconds that the signed time may differ from ours, either way. Default: 300. */
  readonly toleranceSeconds?: number;
}

/** More signatures than this in one header are refused, so that nobody buys much work with one request. */
const MAX_SIGNATURES = 16;

/** An HMAC over a template, in a header. The base of most presets, and of sources that describe their own. */
export class HmacScheme implements SignatureScheme {
  readonly proves = 'content';
  private readonly template: SignedTemplate;

  /** @throws RangeError if the template has a fault, or leaves out the timestamp of a header, which anybody could set */
  constructor(private readonly options: HmacOptions) {
    this.template = new SignedTemplate(options.template ?? '{body}');
    if (this.template.hasTimestamp !== (options.timestamp?.kind === 'header'))
      throw new RangeError(
        'a header with the timestamp needs {timestamp} in the template, and the other way round',
      );
  }

  verify(request: SignedRequest, secrets: readonly string[], nowMs: number): SignatureCheck {
    const header = headerOf(request, this.options.header);
    if (header === null) return refused('missing-signature');
    const given = this.signaturesIn(header);
    if (given.length === 0 || given.length > MAX_SIGNATURES) return refused('malformed-signature');

    const signed = this.template.fill(request, this.timestampInHeader(request));
    if (signed.kind === 'refused') return signed;
    const expected = hmacSignatures(secrets, this.options.keyOf ?? textKey, signed.chunks, this.options);
    if (expected.length === 0) return refused('no-secret');
    if (!isAnyEqual(given, expected)) return refused('wrong-signature');
    return this.checkTime(request, nowMs);
  }

  private signaturesIn(header: string): string[] {
    const { prefix = '', separator } = this.options;
    const pieces = separator === undefined ? [header] : header.split(separator);
    return pieces.flatMap((piece) => (piece.startsWith(prefix) ? [piece.slice(prefix.length)] : []));
  }

  private timestampInHeader(request: SignedRequest): string | null {
    const { timestamp } = this.options;
    return timestamp?.kind === 'header' ? headerOf(request, timestamp.name) : null;
  }

  /** The time is checked last: only a signed one means anything, and only a signed body is parsed. */
  private checkTime(request: SignedRequest, nowMs: number): SignatureCheck {
    const { timestamp, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = this.options;
    if (!timestamp) return AUTHENTIC;
    const json = timestamp.kind === 'json' ? readJson(request.body) : undefined;
    const fault = faultOfTimestamp(readLocation(timestamp, request, json), nowMs, toleranceSeconds);
    return fault ? refused(fault) : AUTHENTIC;
  }
}
