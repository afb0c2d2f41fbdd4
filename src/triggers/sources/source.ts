import type { Source } from '../../generated/prisma/client.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { describedHmac } from '../schemes/described-hmac.js';
import { parseLocation } from '../schemes/location.js';
import type { Preset } from '../schemes/preset.js';
import { findPreset } from '../schemes/presets/presets.js';
import { readDescribedHmac } from './stored-hmac.js';

/** The preset of a source that describes its signature by itself. */
export const OWN_HMAC = 'hmac';

/** `telegram` has its own address. */
export const SOURCE_NAME = /^(?!telegram$)[a-z0-9-]{1,63}$/;

/** The largest `maxBodyBytes`, and its default: that of every request. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Secrets of one source: while they are rotated there are two. */
export const MAX_SECRETS = 5;

/** The fields that decide about the requests of a source. */
export type SourceSettings = Pick<Source, 'preset' | 'hmac' | 'idFrom'>;

/** `events.source` of a source's webhooks. No channel begins with it. */
export const eventSourceOf = (name: string): string => `${WEBHOOK_PREFIX}${name}`;
export const WEBHOOK_PREFIX = 'webhook:';

/**
 * The preset by which requests of a source are verified. Pure.
 * @throws GiveUpError naming the fault
 */
export function presetOf({ preset: name, hmac, idFrom }: SourceSettings): Preset {
  const preset = name === OWN_HMAC ? ownPreset(hmac) : findPreset(name);
  if (!preset) throw invalid(`preset: there is none named ${name}`);
  if (name !== OWN_HMAC && hmac !== null) throw invalid(`hmac: only the preset ${OWN_HMAC} has one`);
  if (idFrom === null) return preset;
  const deliveryId = parseLocation(idFrom);
  if (!deliveryId) throw invalid('idFrom: must be header:<name> or body:<path>');
  return { ...preset, deliveryId };
}

function ownPreset(stored: unknown): Preset {
  const hmac = readDescribedHmac(stored);
  if (!hmac) throw invalid(`hmac: the preset ${OWN_HMAC} needs it`);
  try {
    return {
      name: OWN_HMAC,
      scheme: describedHmac(hmac),
      deliveryId: null,
      eventType: null,
      handshake: null,
    };
  } catch (error) {
    if (error instanceof RangeError) throw invalid(`hmac: ${error.message}`);
    throw error;
  }
}

const invalid = (problem: string): GiveUpError => new GiveUpError('SOURCE_INVALID', problem);
