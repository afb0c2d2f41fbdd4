import { HmacScheme } from '../hmac.scheme.js';
import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Bitbucket Cloud. The signature covers neither a time nor the id.
 * @see https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
 */
export const bitbucketPreset: Preset = {
  name: 'bitbucket',
  scheme: new HmacScheme({
    header: 'x-hub-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'sha256=',
  }),
  deliveryId: inHeader('x-request-uuid'),
  eventType: inHeader('x-event-key'),
  handshake: null,
};
