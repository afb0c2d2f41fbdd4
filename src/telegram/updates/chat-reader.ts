import { ChatId, UserId } from '../../channel/ids.js';
import type { ChatDescription, Sender } from '../../channel/inbound.js';
import { routeOf } from './chat-route.js';
import { fieldOf, integerOf, textField } from '../bot-api/update-fields.js';

/** UTF-16 units kept of a name or title; Telegram allows 64 and 128. */
const NAME_LIMIT = 256;
/** UTF-16 units kept of a chat type, username, query id or language tag. */
export const WORD_LIMIT = 64;

/**
 * The chat of a message. A chat without a type is recognised by its id: those of people are positive. Null for
 * channels.
 */
export function readChat(message: unknown): ChatDescription | null {
  const chat = fieldOf(message, 'chat');
  const id = integerOf(chat, 'id');
  if (id === null || id === 0) return null;
  const type = textField(chat, 'type', WORD_LIMIT) ?? (id > 0 ? 'private' : 'group');
  if (type === 'channel') return null;
  return {
    chatId: ChatId(String(id)),
    ...routeOf(message),
    type,
    title: titleOf(chat),
    username: textField(chat, 'username', WORD_LIMIT),
  };
}

/** The name of a chat; of a private one, its person's name. */
export function titleOf(chat: unknown): string | null {
  return textField(chat, 'title', NAME_LIMIT) ?? fullName(chat);
}

/** First and last name of a user or a contact. */
export function fullName(user: unknown): string | null {
  const names = [textField(user, 'first_name', NAME_LIMIT), textField(user, 'last_name', NAME_LIMIT)];
  return names.filter((name) => name !== null).join(' ') || null;
}

export function readSender(user: unknown): Sender | null {
  const id = integerOf(user, 'id');
  if (id === null) return null;
  return {
    userId: UserId(String(id)),
    isChat: id < 0,
    firstName: textField(user, 'first_name', NAME_LIMIT) ?? '',
    lastName: textField(user, 'last_name', NAME_LIMIT),
    username: textField(user, 'username', WORD_LIMIT),
    languageCode: textField(user, 'language_code', WORD_LIMIT),
  };
}
