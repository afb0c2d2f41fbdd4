import type { KeyReader } from './hmac.js';
import { HmacScheme } from './hmac.scheme.js';
import { inHeader } from './location.js';

/** Marks a secret of Standard Webhooks; Base64 follows. */
const SECRET_PREFIX = 'whsec_';

/** The key is what the Base64 behind `whsec_` says; the prefix may be left out. */
const base64Key: KeyReader = (secret) => {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  const key = /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  return key.length > 0 ? key : null;
};

/**
 * HMAC-SHA256 over id, time and body, with several signatures for rotation on the sender's side. Asymmetric signatures
 * (`v1a`) are not supported.
 * @param headers the start of the names of the three headers: `webhook`, or `svix` for senders from before the standard
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooksScheme(headers: 'webhook' | 'svix' = 'webhook'): HmacScheme {
  return new HmacScheme({
    header: `${headers}-signature`,
    algorithm: 'sha256',
    encoding: 'base64',
    prefix: 'v1,',
    separator: ' ',
    template: `{header:${headers}-id}.{timestamp}.{body}`,
    keyOf: base64Key,
    timestamp: inHeader(`${headers}-timestamp`),
  });
}
