import { HmacScheme } from '../hmac.scheme.js';
import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Shopify. The secret is the app's client secret. The signature covers neither a time nor the id.
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 */
export const shopifyPreset: Preset = {
  name: 'shopify',
  scheme: new HmacScheme({ header: 'x-shopify-hmac-sha256', algorithm: 'sha256', encoding: 'base64' }),
  deliveryId: inHeader('x-shopify-webhook-id'),
  eventType: inHeader('x-shopify-topic'),
  handshake: null,
};
