import { HmacScheme } from '../hmac.scheme.js';
import { inBody } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * PagerDuty's v3 webhooks. While PagerDuty rotates a secret, the header has one signature by each.
 * @see https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md
 */
export const pagerdutyPreset: Preset = {
  name: 'pagerduty',
  scheme: new HmacScheme({
    header: 'x-pagerduty-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'v1=',
    separator: ',',
  }),
  deliveryId: inBody('event', 'id'),
  eventType: inBody('event', 'event_type'),
  handshake: null,
};
