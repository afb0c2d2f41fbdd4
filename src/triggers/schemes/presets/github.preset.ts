import { HmacScheme } from '../hmac.scheme.js';
import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * GitHub. The webhook's content type has to be `application/json`. The signature covers neither a time nor the id.
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const githubPreset: Preset = {
  name: 'github',
  scheme: new HmacScheme({
    header: 'x-hub-signature-256',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'sha256=',
  }),
  deliveryId: inHeader('x-github-delivery'),
  eventType: inHeader('x-github-event'),
  handshake: null,
};
