import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';
import { TwilioScheme } from '../twilio.scheme.js';

/**
 * Twilio. The secret is the account's auth token, or a shared key. The source's public URL must be the one that Twilio
 * was given, for it is signed.
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const twilioPreset: Preset = {
  name: 'twilio',
  scheme: new TwilioScheme(),
  deliveryId: inHeader('i-twilio-idempotency-token'),
  eventType: null,
  handshake: null,
};
