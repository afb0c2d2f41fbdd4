import { Ed25519Scheme } from '../ed25519.scheme.js';
import { jsonAnswer } from '../handshake.js';
import { fieldOf, inBody } from '../location.js';
import type { Preset } from '../preset.js';

/** The type of an interaction that asks whether the endpoint is there. */
const PING = 1;

/**
 * Discord's interactions. The secret is the application's public key.
 * @see https://discord.com/developers/docs/interactions/overview#preparing-for-interactions
 */
export const discordPreset: Preset = {
  name: 'discord',
  scheme: new Ed25519Scheme({
    header: 'x-signature-ed25519',
    timestampHeader: 'x-signature-timestamp',
  }),
  deliveryId: inBody('id'),
  eventType: inBody('type'),
  handshake: {
    kind: 'signed',
    answer: (json) => (fieldOf(json, 'type') === PING ? jsonAnswer({ type: PING }) : null),
  },
};
