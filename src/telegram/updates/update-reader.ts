import type { Inbound } from '../../channel/inbound.js';
import type { BotName } from '../bot-api/bot-name.js';
import { readMembership, readReaction } from './happening-reader.js';
import { readMessage } from './message-reader.js';
import { readPress } from './press-reader.js';
import { fieldOf, integerOf } from './update-fields.js';

/**
 * What a Telegram `Update` (https://core.telegram.org/bots/api#update) means to the bot: new and edited messages, in
 * groups only those addressed to it, presses of buttons, 👍 and 👎, and being shut out of a chat. Pure and total: never throws, whatever `update` is.
 * @param bot null while the bot's own name is not known yet
 * @returns null for an update the bot has no use for
 */
export function readUpdate(update: unknown, bot: BotName | null): Inbound | null {
  const updateId = integerOf(update, 'update_id');
  if (updateId === null) return null;
  const externalId = updateId.toString();
  const press = fieldOf(update, 'callback_query');
  if (press !== undefined) return readPress(externalId, press);
  const reaction = fieldOf(update, 'message_reaction');
  if (reaction !== undefined) return readReaction(externalId, reaction);
  const membership = fieldOf(update, 'my_chat_member');
  if (membership !== undefined) return readMembership(externalId, membership);
  const edited = fieldOf(update, 'edited_message') ?? fieldOf(update, 'edited_business_message');
  if (edited !== undefined) return readMessage(externalId, edited, true, bot);
  const message = ['message', 'business_message', 'guest_message'].map((kind) => fieldOf(update, kind));
  return readMessage(
    externalId,
    message.find((one) => one !== undefined),
    false,
    bot,
  );
}
