import type { Preset } from '../preset.js';
import { basicScheme } from '../token.scheme.js';

/** Any sender with a user and a password: the secret is `user:password`. */
export const basicPreset: Preset = {
  name: 'basic',
  scheme: basicScheme,
  deliveryId: null,
  eventType: null,
  handshake: null,
};
