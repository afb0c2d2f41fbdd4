import { inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';
import { standardWebhooksScheme } from '../standard-webhooks.scheme.js';

/**
 * Any sender that keeps to Standard Webhooks. Secrets are Base64, with or without `whsec_`.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooksPreset: Preset = {
  name: 'standard-webhooks',
  scheme: standardWebhooksScheme(),
  deliveryId: inHeader('webhook-id'),
  eventType: inBody('type'),
  handshake: null,
};
