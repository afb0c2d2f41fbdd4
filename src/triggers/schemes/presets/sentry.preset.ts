import { HmacScheme } from '../hmac.scheme.js';
import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Sentry's integrations. The secret is the integration's client secret. `Sentry-Hook-Timestamp` is not signed, and so
 * not looked at.
 * @see https://docs.sentry.io/integrations/integration-platform/webhooks/
 */
export const sentryPreset: Preset = {
  name: 'sentry',
  scheme: new HmacScheme({ header: 'sentry-hook-signature', algorithm: 'sha256', encoding: 'hex' }),
  deliveryId: inHeader('request-id'),
  eventType: inHeader('sentry-hook-resource'),
  handshake: null,
};
