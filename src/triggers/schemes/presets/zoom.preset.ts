import { createHmac } from 'node:crypto';
import { jsonAnswer } from '../handshake.js';
import { HmacScheme } from '../hmac.scheme.js';
import { fieldOf, inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Zoom. It validates the endpoint when it is set up, and again every 72 hours. Deliveries have no id.
 * @see https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events
 */
export const zoomPreset: Preset = {
  name: 'zoom',
  scheme: new HmacScheme({
    header: 'x-zm-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'v0=',
    template: 'v0:{timestamp}:{body}',
    timestamp: inHeader('x-zm-request-timestamp'),
  }),
  deliveryId: null,
  eventType: inBody('event'),
  handshake: {
    kind: 'signed',
    answer(json, signingSecret) {
      const plainToken = fieldOf(fieldOf(json, 'payload'), 'plainToken');
      if (fieldOf(json, 'event') !== 'endpoint.url_validation' || typeof plainToken !== 'string') return null;
      const encryptedToken = createHmac('sha256', signingSecret()).update(plainToken).digest('hex');
      return jsonAnswer({ plainToken, encryptedToken });
    },
  },
};
