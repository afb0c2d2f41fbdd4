import { HmacScheme } from '../hmac.scheme.js';
import { inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Linear. The time that counts stands in the body, where it is signed.
 * @see https://linear.app/developers/webhooks#securing-webhooks
 */
export const linearPreset: Preset = {
  name: 'linear',
  scheme: new HmacScheme({
    header: 'linear-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    timestamp: inBody('webhookTimestamp'),
  }),
  deliveryId: inHeader('linear-delivery'),
  eventType: inHeader('linear-event'),
  handshake: null,
};
