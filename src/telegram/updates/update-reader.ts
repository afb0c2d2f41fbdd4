import type { Inbound } from '../../channel/inbound.js';
import type { BotName } from '../bot-api/bot-name.js';
import { readMessage } from './message-reader.js';
import { readMembership, readMigration, readPress, readReaction, readStop } from './unwritten-reader.js';
import { fieldOf, integerOf } from '../bot-api/update-fields.js';

/**
 * Reads a Telegram `Update` (https://core.telegram.org/bots/api#update): new and edited messages, in groups only those
 * addressed to the bot, button presses, stopped answers, reactions 👍 and 👎, membership changes, and chat migrations.
 * Pure and total: never throws, whatever `update` is.
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
  return readMigration(externalId, message) ?? readMessage(externalId, message, false, bot);
}

const unwrittenKinds = [
  ['callback_query', readPress],
  ['stopped_message_generation', readStop],
  ['message_reaction', readReaction],
  ['my_chat_member', readMembership],
] as const;
