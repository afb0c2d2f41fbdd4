import type { Inbound } from '../../channel/inbound.js';
import { readChat, readSender, WORD_LIMIT } from './chat-reader.js';
import { unwritten } from './unwritten.js';
import { fieldOf, textOf } from './update-fields.js';

/** A button under a message that the bot sent: https://core.telegram.org/bots/api#callbackquery */
export function readPress(externalId: string, query: unknown): Inbound | null {
  const chat = readChat(fieldOf(query, 'message'));
  const id = textOf(query, 'id', WORD_LIMIT);
  if (chat === null || id === null) return null;
  const press = { id, data: textOf(query, 'data', WORD_LIMIT) ?? '' };
  return { ...unwritten(externalId, chat, readSender(fieldOf(query, 'from'))), press };
}
