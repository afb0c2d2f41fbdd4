import { createHash } from 'node:crypto';
import { isAnyEqual } from './constant-time.js';
import { type FormFields, parseForm } from './form-body.js';
import { type HmacAlgorithm, hmacSignatures, textKey } from './hmac.js';
import type { SignatureScheme } from './signature-scheme.js';
import { headerOf, type SignedRequest } from './signed-request.js';
import { AUTHENTIC, refused, type Refused, type SignatureCheck } from './verification.js';

const HEADER = 'x-twilio-signature';
/** `key=…,algorithm=…`, sent where a shared key signs in place of the account's auth token. */
const SETTINGS_HEADER = 'x-twilio-webhooks-signature-settings';

/**
 * An HMAC over the public URL, followed by the sorted fields of a form; other bodies are signed through their SHA-256 in
 * the URL (`bodySHA256`). There is no time in it, and no mark between a field's name and its value: that is Twilio's
 * formula. Repeats are found by the delivery id.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export class TwilioScheme implements SignatureScheme {
  readonly proves = 'content';

  verify(request: SignedRequest, secrets: readonly string[]): SignatureCheck {
    const given = headerOf(request, HEADER);
    if (given === null) return refused('missing-signature');
    const algorithm = algorithmOf(request);
    if (algorithm === null) return refused('unsupported-algorithm');
    const fields = signedFields(request);
    if (fields.kind === 'refused') return fields;

    const expected = urlsOf(request.publicUrl).flatMap((url) =>
      hmacSignatures(secrets, textKey, [Buffer.from(url + fields.text)], { algorithm, encoding: 'base64' }),
    );
    if (expected.length === 0) return refused('no-secret');
    return isAnyEqual([given], expected) ? AUTHENTIC : refused('wrong-signature');
  }
}

function algorithmOf(request: SignedRequest): HmacAlgorithm | null {
  const settings = headerOf(request, SETTINGS_HEADER)?.split(',') ?? [];
  const named = settings.flatMap(
    (setting) => /^\s*algorithm=(?<name>\S+)\s*$/.exec(setting)?.groups?.['name'] ?? [],
  );
  switch (named[0]?.toUpperCase()) {
    case undefined:
    case 'HMAC_SHA1':
      return 'sha1';
    case 'HMAC_SHA256':
      return 'sha256';
    default:
      return null;
  }
}

/** The part of the body that is signed behind the URL. */
function signedFields(request: SignedRequest): { readonly kind: 'fields'; readonly text: string } | Refused {
  const bodyHash = /[?&]bodySHA256=(?<hash>[^&#]*)/.exec(request.publicUrl)?.groups?.['hash'];
  if (bodyHash !== undefined) {
    const isRight = isAnyEqual([bodyHash], [createHash('sha256').update(request.body).digest('hex')]);
    return isRight ? { kind: 'fields', text: '' } : refused('wrong-signature');
  }
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headerOf(request, 'content-type') ?? '');
  if (!isForm && request.body.length > 0) return refused('unsigned-body');
  const fields = parseForm(request.body);
  return fields ? { kind: 'fields', text: textOf(fields) } : refused('malformed-body');
}

/** Names in order, each with its different values in order, as Twilio's own libraries write them. */
function textOf(fields: FormFields): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values.keys()]
    .toSorted()
    .flatMap((name) => [...(values.get(name) ?? [])].toSorted().map((value) => name + value))
    .join('');
}

const URL_PARTS =
  /^(?<scheme>https?:\/\/)(?<user>[^/?#]*@)?(?<host>\[[^\]]*\]|[^/?#:]*)(?<port>:\d+)?(?<rest>.*)$/is;

/** The URL without and with its port: Twilio signs either, by product and scheme. */
function urlsOf(publicUrl: string): string[] {
  const parts = URL_PARTS.exec(publicUrl)?.groups;
  if (!parts) return [publicUrl];
  const { scheme = '', user = '', host = '', port, rest = '' } = parts;
  const standard = scheme.toLowerCase() === 'https://' ? ':443' : ':80';
  return ['', port ?? standard].map((written) => scheme + user + host + written + rest);
}
