import { type BotName, names } from '../bot-api/bot-name.js';
import { arrayOf, fieldOf, integerOf } from './update-fields.js';

const mention = /(?<![\w@])@(\w{3,64})/g;

/** In a group the bot is spoken to when it is mentioned or replied to; commands are told apart by the caller. */
export function isAddressed(message: unknown, text: string, bot: BotName | null): boolean {
  return mentions(text, bot) || linksTo(message, bot) || repliesTo(message, bot);
}

function mentions(text: string, bot: BotName | null): boolean {
  return Array.from(text.matchAll(mention)).some(([, username = '']) => names(username, bot));
}

/** A mention of somebody by link instead of by name (MessageEntity `text_mention`). */
function linksTo(message: unknown, bot: BotName | null): boolean {
  return [...arrayOf(message, 'entities'), ...arrayOf(message, 'caption_entities')].some(
    (entity) => fieldOf(entity, 'type') === 'text_mention' && isThisBot(fieldOf(entity, 'user'), bot),
  );
}

function repliesTo(message: unknown, bot: BotName | null): boolean {
  const original = fieldOf(message, 'reply_to_message');
  // Every message of a topic "replies" to the service message that opened it, whoever it was meant for.
  if (fieldOf(original, 'forum_topic_created') !== undefined) return false;
  return isThisBot(fieldOf(original, 'from'), bot);
}

/** While the bot does not know itself, any bot counts: see `names`. */
function isThisBot(user: unknown, bot: BotName | null): boolean {
  return bot ? integerOf(user, 'id') === bot.id : fieldOf(user, 'is_bot') === true;
}
