import type { Admission } from '../channel/channel.js';
import type { ChatDescription } from '../channel/inbound.js';
import type { PersonRole } from '../generated/prisma/client.js';

/** What is known of a person or a group. */
export interface Standing {
  /** Null: nobody has let them in. */
  readonly role: PersonRole | null;
  readonly blocked: boolean;
}

export const unknownStanding: Standing = { role: null, blocked: false };

/** Where somebody speaks: `elsewhere` in a business chat, as a guest, in a channel's direct messages. */
export type Place = 'private' | 'group' | 'elsewhere';

/**
 * What becomes of what somebody says. `refuse`: they are told once that the bot is private. `pair`: they are given a code.
 * `ignore`: nothing at all.
 */
export type Verdict = 'serve' | 'refuse' | 'pair' | 'ignore';

export interface Asking {
  /** By the settings. */
  readonly admission: Admission;
  readonly person: Standing;
  readonly chat: Standing;
  readonly place: Place;
}

/** Who may talk to the agent. A block beats everything, the settings beat what operators decided since. Pure. */
export function decideAccess({ admission, person, chat, place }: Asking): Verdict {
  if (person.blocked) return 'ignore';
  if (admission === 'admitted') return 'serve';
  if (admission === 'refused') return 'refuse';
  if (person.role !== null || chat.role !== null) return 'serve';
  // There the bot speaks in somebody else's name, or to somebody else's guests: no place for codes.
  return place === 'elsewhere' ? 'ignore' : 'pair';
}

export function placeOf({ via, type }: Pick<ChatDescription, 'via' | 'type'>): Place {
  if (via !== null) return 'elsewhere';
  return type === 'private' ? 'private' : 'group';
}

/** May they decide who is let in? */
export function isDecider({ role, blocked }: Standing): boolean {
  return !blocked && (role === 'owner' || role === 'admin');
}
