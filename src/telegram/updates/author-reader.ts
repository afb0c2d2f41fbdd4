import { UserId } from '../../channel/ids.js';
import type { Sender } from '../../channel/inbound.js';
import { readSender, titleOf, WORD_LIMIT } from './chat-reader.js';
import { label } from '../../channel/names.js';
import { fieldOf, integerOf, textField } from '../bot-api/update-fields.js';

/**
 * The author of a message. For a message in a chat's name (of an anonymous admin in the group's, of any person in a
 * channel's) `from` is one pseudo user shared by all such authors, and `sender_chat` names the chat
 * (https://core.telegram.org/bots/api#message).
 */
export function readAuthor(message: unknown): Sender | null {
  const chat = fieldOf(message, 'sender_chat');
  const id = integerOf(chat, 'id');
  if (id === null || id === 0) return readSender(fieldOf(message, 'from'));
  const isOfGroup = id === integerOf(fieldOf(message, 'chat'), 'id');
  const name = isOfGroup ? textField(message, 'author_signature', WORD_LIMIT) : titleOf(chat);
  return {
    userId: UserId(String(id)),
    isChat: true,
    firstName: label(name ?? '') || (isOfGroup ? 'an admin' : 'a channel'),
    lastName: null,
    username: textField(chat, 'username', WORD_LIMIT),
    languageCode: null,
  };
}
