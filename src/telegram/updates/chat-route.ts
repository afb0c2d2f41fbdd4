import { createHash } from 'node:crypto';
import type { Destination } from '../../channel/channel.js';
import { fieldOf, integerOf, textOf } from './update-fields.js';

/** Where in a chat a message belongs: the identity of its conversation there, and how an answer gets there. */
export interface Route {
  readonly threadId: bigint;
  readonly via: string | null;
}

const BUSINESS = 'business:';
const DIRECT = 'direct';
const GUEST = 'guest:';
/** Between the query and the message that answered it; no id of Telegram's has a space. */
const ANSWERED = ' ';
const CONNECTION_LIMIT = 128;

/**
 * The topic of a message, or of a channel's direct messages; each message to a guest is a conversation of its own. A chat of a business account may have the id of a chat of
 * the bot's own and is another one (https://core.telegram.org/bots/api#message): its thread is a number that no topic has.
 */
export function routeOf(message: unknown): Route {
  const connection = textOf(message, 'business_connection_id', CONNECTION_LIMIT);
  if (connection !== null) return { threadId: threadOf(connection), via: `${BUSINESS}${connection}` };
  const guest = textOf(message, 'guest_query_id', CONNECTION_LIMIT);
  if (guest !== null) return { threadId: threadOf(guest), via: `${GUEST}${guest}` };
  const direct = integerOf(fieldOf(message, 'direct_messages_topic'), 'topic_id');
  if (direct !== null) return { threadId: BigInt(direct), via: DIRECT };
  const isTopic = fieldOf(message, 'is_topic_message') === true;
  return { threadId: BigInt((isTopic ? integerOf(message, 'message_thread_id') : null) ?? 0), via: null };
}

/** In the channel's direct messages, and where the bot is called as a guest, everybody speaks to the bot. */
export const isSpokenTo = (route: Route): boolean => isDirect(route) || route.via?.startsWith(GUEST) === true;
export const isDirect = ({ via }: Route): boolean => via === DIRECT;
export const isBusiness = ({ via }: Route): boolean => via?.startsWith(BUSINESS) ?? false;

/** The one message that a guest may send (https://core.telegram.org/bots/api#answerguestquery). */
export interface GuestAnswer {
  readonly queryId: string;
  /** The message that was sent, to be edited; null: none yet. */
  readonly inlineMessageId: string | null;
}

export function guestAnswerOf({ via }: Pick<Route, 'via'>): GuestAnswer | null {
  if (!via?.startsWith(GUEST)) return null;
  const [queryId = '', inlineMessageId = null] = via.slice(GUEST.length).split(ANSWERED);
  return { queryId, inlineMessageId };
}

export function guestVia(queryId: string, inlineMessageId: string): string {
  return `${GUEST}${queryId}${ANSWERED}${inlineMessageId}`;
}

/** Below every id of Telegram's; 52 bits of it, so that a double holds it. */
function threadOf(connection: string): bigint {
  const digest = createHash('sha256').update(connection).digest();
  return -(BigInt.asUintN(52, digest.readBigUInt64BE()) + 1n);
}

/** The parameters that bring a call to the route (https://core.telegram.org/bots/api#sendmessage). */
export function routeParams({ threadId, via }: Route): {
  message_thread_id?: number;
  direct_messages_topic_id?: number;
  business_connection_id?: string;
} {
  if (via === DIRECT) return { direct_messages_topic_id: Number(threadId) };
  if (via?.startsWith(BUSINESS)) return { business_connection_id: via.slice(BUSINESS.length) };
  // Below zero there is no topic.
  return threadId <= 0n ? {} : { message_thread_id: Number(threadId) };
}

/** Telegram's ids have at most 52 significant bits, so they are exact as numbers. */
export function addressOf(destination: Destination) {
  return { chat_id: Number(destination.chatId), ...routeParams(destination) };
}
