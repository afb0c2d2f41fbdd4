import { HmacScheme } from '../hmac.scheme.js';
import { inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * HubSpot, by its third signature. The source's public URL must be the one that HubSpot was given, and have no escaped
 * characters. A delivery is a list of events; a second try may group them in another way, so it has no id.
 * @see https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 */
export const hubspotPreset: Preset = {
  name: 'hubspot',
  scheme: new HmacScheme({
    header: 'x-hubspot-signature-v3',
    algorithm: 'sha256',
    encoding: 'base64',
    template: '{method}{url}{body}{timestamp}',
    timestamp: inHeader('x-hubspot-request-timestamp'),
  }),
  deliveryId: null,
  eventType: inBody('0', 'subscriptionType'),
  handshake: null,
};
