import type { ChatMove, Inbound } from '../../channel/inbound.js';
import { readChat } from './chat-reader.js';
import { unwritten } from './unwritten.js';
import { fieldOf, integerOf } from './update-fields.js';

/**
 * Both chats are told when a group becomes a supergroup: the group by `migrate_to_chat_id`, the supergroup by
 * `migrate_from_chat_id` (https://core.telegram.org/bots/api#message). Null for every other message.
 */
export function readMove(externalId: string, message: unknown): Inbound | null {
  const chat = readChat(message);
  const moved = moveOf(message);
  return chat && moved && { ...unwritten(externalId, chat, null), moved };
}

function moveOf(message: unknown): ChatMove | null {
  const here = integerOf(fieldOf(message, 'chat'), 'id');
  const [to, from] = [integerOf(message, 'migrate_to_chat_id'), integerOf(message, 'migrate_from_chat_id')];
  if (here === null || (to === null) === (from === null)) return null;
  return { fromChatId: BigInt(from ?? here), toChatId: BigInt(to ?? here) };
}
