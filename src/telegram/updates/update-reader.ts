import type { Inbound } from '../../channel/inbound.js';
import type { BotName } from '../bot-api/bot-name.js';
import { readMembership, readReaction } from './happening-reader.js';
import { readMessage } from './message-reader.js';
import { readMove } from './move-reader.js';
import { readPress } from './press-reader.js';
import { readStop } from './stop-reader.js';
import { fieldOf, integerOf } from './update-fields.js';

/**
 * What a Telegram `Update` (https://core.telegram.org/bots/api#update) means to the bot: new and edited messages, in
 * groups only those addressed to it, presses of buttons, answers that their reader stopped, 👍 and 👎, being shut out of
 * a chat, and chats that moved. Pure and total: never throws, whatever `update` is.
 * @param bot null while the bot's own name is not known yet
 * @returns null for an update the bot has no use for
 */
export function readUpdate(update: unknown, bot: BotName | null): Inbound | null {
  const updateId = integerOf(update, 'update_id');
  if (updateId === null) return null;
  const externalId = updateId.toString();
  for (const [kind, read] of unwrittenKinds) {
    const found = fieldOf(update, kind);
    if (found !== undefined) return read(externalId, found);
  }
  const edited = fieldOf(update, 'edited_message') ?? fieldOf(update, 'edited_business_message');
  if (edited !== undefined) return readMessage(externalId, edited, true, bot);
  const message = ['message', 'business_message', 'guest_message']
    .map((kind) => fieldOf(update, kind))
    .find((one) => one !== undefined);
  return readMove(externalId, message) ?? readMessage(externalId, message, false, bot);
}

const unwrittenKinds = [
  ['callback_query', readPress],
  ['stopped_message_generation', readStop],
  ['message_reaction', readReaction],
  ['my_chat_member', readMembership],
] as const;
