import { HmacScheme } from '../hmac.scheme.js';
import { inBody } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Vercel. The signature covers no time; the id is in the body, which it covers.
 * @see https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks
 */
export const vercelPreset: Preset = {
  name: 'vercel',
  scheme: new HmacScheme({ header: 'x-vercel-signature', algorithm: 'sha1', encoding: 'hex' }),
  deliveryId: inBody('id'),
  eventType: inBody('type'),
  handshake: null,
};
