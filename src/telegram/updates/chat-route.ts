import { createHash } from 'node:crypto';
import type { Destination } from '../../channel/channel.js';
import { NO_THREAD, ThreadId } from '../../channel/ids.js';
import { fieldOf, integerOf, textField } from '../bot-api/update-fields.js';

/** The place of a message in its chat: the key of its conversation there, and the route of the answer. */
export interface Route {
  readonly threadId: ThreadId;
  readonly via: string | null;
}

const BUSINESS = 'business:';
const DIRECT = 'direct';
const GUEST = 'guest:';
/** Between the query and the message that answered it; Telegram's ids contain no space. */
const ANSWERED = ' ';
const CONNECTION_LIMIT = 128;

/**
 * The topic of a message, or of a channel's direct messages; each guest query is a conversation of its own. A chat of a
 * business account may have the id of a chat of the bot's own and is a different one
 * (https://core.telegram.org/bots/api#message): its thread is a number that no topic has.
 */
export function routeOf(message: unknown): Route {
  const connection = textField(message, 'business_connection_id', CONNECTION_LIMIT);
  if (connection !== null) return { threadId: threadOf(connection), via: `${BUSINESS}${connection}` };
  const guest = textField(message, 'guest_query_id', CONNECTION_LIMIT);
  if (guest !== null) return { threadId: threadOf(guest), via: `${GUEST}${guest}` };
  const direct = integerOf(fieldOf(message, 'direct_messages_topic'), 'topic_id');
  if (direct !== null) return { threadId: topicOf(direct), via: DIRECT };
  const isTopic = fieldOf(message, 'is_topic_message') === true;
  return { threadId: topicOf(isTopic ? integerOf(message, 'message_thread_id') : null), via: null };
}

/** Telegram numbers topics from 1. */
export function topicOf(id: number | null): ThreadId {
  return id === null || id === 0 ? NO_THREAD : ThreadId(String(id));
}

/** In a channel's direct messages, and as a guest, the bot is always addressed. */
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

/** Below every id of Telegram's; 52 bits, so that a double holds it. */
function threadOf(connection: string): ThreadId {
  const digest = createHash('sha256').update(connection).digest();
  return ThreadId(String(-(BigInt.asUintN(52, digest.readBigUInt64BE()) + 1n)));
}

/** The parameters that route a call (https://core.telegram.org/bots/api#sendmessage). */
export function routeParams({ threadId, via }: Route): {
  message_thread_id?: number;
  direct_messages_topic_id?: number;
  business_connection_id?: string;
} {
  if (via === DIRECT) return { direct_messages_topic_id: Number(threadId) };
  if (via?.startsWith(BUSINESS)) return { business_connection_id: via.slice(BUSINESS.length) };
  // Below zero there is no topic.
  return Number(threadId) > 0 ? { message_thread_id: Number(threadId) } : {};
}

/** Telegram's ids have at most 52 significant bits, so they are exact as numbers. */
export function addressOf(destination: Destination) {
  return { chat_id: Number(destination.chatId), ...routeParams(destination) };
}
