import type { Handshake } from './handshake.js';
import type { Location } from './location.js';
import type { SignatureScheme } from './signature-scheme.js';

/** A provider of webhooks, as its documentation describes it. */
export interface Preset {
  /** Its name in the admin API: lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly scheme: SignatureScheme;
  /** The id of a delivery that is the same when the provider tries again; null if there is none. */
  readonly deliveryId: Location | null;
  /** The type of the event; null if there is none. */
  readonly eventType: Location | null;
  readonly handshake: Handshake | null;
}
