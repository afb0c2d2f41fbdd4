import { type BotName, names } from '../bot-api/bot-name.js';
import { arrayOf, fieldOf, integerOf } from '../bot-api/update-fields.js';

const mention = /(?<![\w@])@(\w{3,64})/g;

/** Whether a group message addresses the bot: it mentions it or replies to it. The caller recognises commands. */
export function isAddressed(message: unknown, text: string, bot: BotName | null): boolean {
  return mentions(text, bot) || linksTo(message, bot) || repliesTo(message, bot);
}

function mentions(text: string, bot: BotName | null): boolean {
  return Array.from(text.matchAll(mention)).some(([, username = '']) => names(username, bot));
}

/** A mention of a person by link instead of by name (MessageEntity `text_mention`). */
function linksTo(message: unknown, bot: BotName | null): boolean {
  return [...arrayOf(message, 'entities'), ...arrayOf(message, 'caption_entities')].some(
    (entity) => fieldOf(entity, 'type') === 'text_mention' && isThisBot(fieldOf(entity, 'user'), bot),
  );
}

function repliesTo(message: unknown, bot: BotName | null): boolean {
  return isOfBot(originalOf(message), bot);
}

/** The message that this one replies to. Every message of a topic "replies" to the service message that opened it. */
export function originalOf(message: unknown): unknown {
  const original = fieldOf(message, 'reply_to_message');
  return fieldOf(original, 'forum_topic_created') === undefined ? original : undefined;
}

/** Whether this bot wrote the message. */
export function isOfBot(message: unknown, bot: BotName | null): boolean {
  return isThisBot(fieldOf(message, 'from'), bot);
}

/** While the bot does not know its own name, any bot counts: see `names`. */
function isThisBot(user: unknown, bot: BotName | null): boolean {
  return bot ? integerOf(user, 'id') === bot.id : fieldOf(user, 'is_bot') === true;
}
