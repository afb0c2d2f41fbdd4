import { isAnyEqual } from '../constant-time.js';
import { textAnswer } from '../handshake.js';
import { HmacScheme } from '../hmac.scheme.js';
import { inBody } from '../location.js';
import type { Preset } from '../preset.js';
import type { SignedRequest } from '../signed-request.js';

/** Marks the secret that is the verify token. It is sent in URLs, so it must never sign. */
const VERIFY_TOKEN = 'verify-token:';

/**
 * WhatsApp, Messenger, Instagram and the other products of Meta. One secret is the app secret, another
 * `verify-token:` and the verify token. Deliveries have no id of their own, and may hold several changes.
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
export const metaPreset: Preset = {
  name: 'meta',
  scheme: new HmacScheme({
    header: 'x-hub-signature-256',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'sha256=',
    keyOf: (secret) => (secret === '' || secret.startsWith(VERIFY_TOKEN) ? null : Buffer.from(secret)),
  }),
  deliveryId: null,
  eventType: inBody('object'),
  handshake: {
    kind: 'unsigned',
    isAsked: (request) => request.method === 'GET' && queryOf(request).get('hub.mode') === 'subscribe',
    answer(request, secrets) {
      const query = queryOf(request);
      const challenge = query.get('hub.challenge') ?? '';
      const tokens = secrets.filter(
        (secret) => secret.length > VERIFY_TOKEN.length && secret.startsWith(VERIFY_TOKEN),
      );
      const isMeta = isAnyEqual([VERIFY_TOKEN + (query.get('hub.verify_token') ?? '')], tokens);
      return isMeta && /^[\w.~-]{1,500}$/.test(challenge) ? textAnswer(challenge) : null;
    },
  },
};

const queryOf = ({ url }: SignedRequest): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
