import { inBody } from '../location.js';
import type { Preset } from '../preset.js';
import { StripeScheme } from '../stripe.scheme.js';

/**
 * Stripe. The secret is the endpoint's `whsec_…`, as text.
 * @see https://docs.stripe.com/webhooks/signature
 */
export const stripePreset: Preset = {
  name: 'stripe',
  scheme: new StripeScheme(),
  deliveryId: inBody('id'),
  eventType: inBody('type'),
  handshake: null,
};
