import type { Sender } from '../../channel/inbound.js';
import { readSender, titleOf, WORD_LIMIT } from './chat-reader.js';
import { label } from '../../channel/names.js';
import { fieldOf, integerOf, textOf } from './update-fields.js';

/**
 * Who wrote a message. Where somebody writes in a chat's name (an anonymous admin in that of the group, anybody in that of
 * a channel) `from` is one pseudo user for all such people of the world, and the chat says who it is
 * (https://core.telegram.org/bots/api#message, `sender_chat`).
 */
export function readAuthor(message: unknown): Sender | null {
  const chat = fieldOf(message, 'sender_chat');
  const id = integerOf(chat, 'id');
  if (id === null || id === 0) return readSender(fieldOf(message, 'from'));
  const isOfGroup = id === integerOf(fieldOf(message, 'chat'), 'id');
  const name = isOfGroup ? textOf(message, 'author_signature', WORD_LIMIT) : titleOf(chat);
  return {
    userId: BigInt(id),
    firstName: label(name ?? '') || (isOfGroup ? 'an admin' : 'a channel'),
    lastName: null,
    username: textOf(chat, 'username', WORD_LIMIT),
    languageCode: null,
  };
}
