import type { Preset } from '../preset.js';
import { unsignedScheme } from '../unsigned.scheme.js';

/** Anybody, without a signature: for trials, on the loopback interface only. */
export const nonePreset: Preset = {
  name: 'none',
  scheme: unsignedScheme,
  deliveryId: null,
  eventType: null,
  handshake: null,
};
