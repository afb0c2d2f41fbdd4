import { inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';
import { standardWebhooksScheme } from '../standard-webhooks.scheme.js';

/**
 * Senders that use Svix: Standard Webhooks under Svix' own header names.
 * @see https://docs.svix.com/receiving/verifying-payloads/how-manual
 */
export const svixPreset: Preset = {
  name: 'svix',
  scheme: standardWebhooksScheme('svix'),
  deliveryId: inHeader('svix-id'),
  eventType: inBody('type'),
  handshake: null,
};
