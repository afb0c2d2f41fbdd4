import type { ChatDescription, Sender } from '../../channel/inbound.js';
import { routeOf } from './chat-route.js';
import { fieldOf, integerOf, textOf } from './update-fields.js';

/** UTF-16 units kept of a name or title; Telegram allows 64 and 128. */
const NAME_LIMIT = 256;
/** UTF-16 units kept of a chat type, username, query id or language tag. */
export const WORD_LIMIT = 64;

/** The chat of a message, a chat without a type told by its id: those of people are positive. Null for channels. */
export function readChat(message: unknown): ChatDescription | null {
  const chat = fieldOf(message, 'chat');
  const id = integerOf(chat, 'id');
  if (id === null || id === 0) return null;
  const type = textOf(chat, 'type', WORD_LIMIT) ?? (id > 0 ? 'private' : 'group');
  if (type === 'channel') return null;
  return {
    chatId: BigInt(id),
    ...routeOf(message),
    type,
    title: titleOf(chat),
    username: textOf(chat, 'username', WORD_LIMIT),
  };
}

/** What a chat is called: a private one as the person in it. */
export function titleOf(chat: unknown): string | null {
  return textOf(chat, 'title', NAME_LIMIT) ?? fullName(chat);
}

/** First and last name of a user or a contact. */
export function fullName(user: unknown): string | null {
  const names = [textOf(user, 'first_name', NAME_LIMIT), textOf(user, 'last_name', NAME_LIMIT)];
  return names.filter((name) => name !== null).join(' ') || null;
}

export function readSender(user: unknown): Sender | null {
  const id = integerOf(user, 'id');
  if (id === null) return null;
  return {
    userId: BigInt(id),
    firstName: textOf(user, 'first_name', NAME_LIMIT) ?? '',
    lastName: textOf(user, 'last_name', NAME_LIMIT),
    username: textOf(user, 'username', WORD_LIMIT),
    languageCode: textOf(user, 'language_code', WORD_LIMIT),
  };
}
