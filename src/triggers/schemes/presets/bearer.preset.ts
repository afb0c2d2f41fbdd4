import type { Preset } from '../preset.js';
import { bearerScheme } from '../token.scheme.js';

/** Any sender with `Authorization: Bearer SECRET`. */
export const bearerPreset: Preset = {
  name: 'bearer',
  scheme: bearerScheme,
  deliveryId: null,
  eventType: null,
  handshake: null,
};
