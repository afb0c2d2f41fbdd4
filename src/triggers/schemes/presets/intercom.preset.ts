import { HmacScheme } from '../hmac.scheme.js';
import { inBody } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Intercom. The secret is the app's client secret.
 * @see https://developers.intercom.com/docs/webhooks/webhook-notifications
 */
export const intercomPreset: Preset = {
  name: 'intercom',
  scheme: new HmacScheme({
    header: 'x-hub-signature',
    algorithm: 'sha1',
    encoding: 'hex',
    prefix: 'sha1=',
  }),
  deliveryId: inBody('id'),
  eventType: inBody('topic'),
  handshake: null,
};
