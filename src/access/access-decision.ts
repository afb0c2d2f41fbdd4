import type { ChatAdmission } from '../channel/channel.js';
import type { ChatDescription } from '../channel/inbound.js';
import type { PersonRole } from '../generated/prisma/client.js';

/** The role and block that operators gave to a person, or the admission of a group. */
export interface AccessGrant {
  /** Null: no access was granted. */
  readonly role: PersonRole | null;
  readonly blocked: boolean;
}

export const noAccessGrant: AccessGrant = { role: null, blocked: false };

/** The kind of chat: `elsewhere` is a business chat, a guest's chat, or a channel's direct messages. */
export type AccessPlace = 'private' | 'group' | 'elsewhere';

/**
 * The decision about a message. `refuse`: the sender is notified once that the bot is private. `pair`: the sender gets
 * a code. `ignore`: no answer.
 */
export type AccessDecision = 'serve' | 'refuse' | 'pair' | 'ignore';

export interface AccessRequest {
  /** The settings' admission of the chat. */
  readonly admission: ChatAdmission;
  readonly person: AccessGrant;
  readonly chat: AccessGrant;
  readonly place: AccessPlace;
}

/** Decides a sender's access to the agent. A block beats everything, the settings beat operators' decisions. Pure. */
export function decideAccess({ admission, person, chat, place }: AccessRequest): AccessDecision {
  if (person.blocked) return 'ignore';
  if (admission === 'admitted') return 'serve';
  if (admission === 'refused') return 'refuse';
  if (person.role !== null || chat.role !== null) return 'serve';
  // There the bot speaks in another's name, or to another's guests: no place for codes.
  return place === 'elsewhere' ? 'ignore' : 'pair';
}

export function placeOf({ via, type }: Pick<ChatDescription, 'via' | 'type'>): AccessPlace {
  if (via !== null) return 'elsewhere';
  return type === 'private' ? 'private' : 'group';
}

/** Whether this person may decide about access. */
export function isDecider({ role, blocked }: AccessGrant): boolean {
  return !blocked && (role === 'owner' || role === 'admin');
}
