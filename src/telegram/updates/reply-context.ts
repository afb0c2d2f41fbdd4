import { ChannelMessageId } from '../../channel/ids.js';
import { OutsideText } from '../../channel/outside-text.js';
import { BOT_SAID, quotation, quoteOutside } from '../../channel/quoted.js';
import type { BotName } from '../bot-api/bot-name.js';
import { isOfBot, originalOf } from './addressing.js';
import { titleOf } from './chat-reader.js';
import { originOf, othersOf } from './forward-origin.js';
import { contentOf, noteOf, noteText, writtenIn } from './message-content.js';
import { fieldOf, integerOf, outsideTextOf, textField } from '../bot-api/update-fields.js';

/** UTF-16 units shown of the message replied to; the part that the replier chose is shown whole. */
const SHOWN = 1_000;
const QUOTE_LIMIT = 4_096;

/**
 * The message that a message replies to, as a quotation for the model; null if there is none to show. The part that the
 * replier chose (https://core.telegram.org/bots/api#textquote) goes before the whole message. Words of anyone but the
 * bot and the sender are data, as forwarded ones are.
 */
export function replyContext(message: unknown, bot: BotName | null): string | null {
  const story = fieldOf(message, 'reply_to_story');
  if (story !== undefined) return replyToStory(fieldOf(story, 'chat'));
  const replied = originalOf(message) ?? fieldOf(message, 'external_reply');
  if (replied === undefined) return null;
  const whose = whoseIs(message, replied, bot);
  const quote = fieldOf(message, 'quote');
  if (whose !== null) {
    const said = textField(quote, 'text', QUOTE_LIMIT) ?? saidIn(replied);
    return said && `${whose}\n${quotation(said)}`;
  }
  const said = outsideTextOf(quote, 'text', QUOTE_LIMIT) ?? contentOf(replied, SHOWN);
  if (said === null) return null;
  const from = OutsideText.join(['From:', authorOf(replied) ?? 'somebody'], ' ');
  return quoteOutside('in reply to somebody else', OutsideText.join([from, said], '\n'));
}

/**
 * The bot's own message whose words `replyContext` quotes; null where it quotes none. An id that no message has, where
 * Telegram does not say which it is.
 */
export function quotedAnswer(message: unknown, bot: BotName | null): ChannelMessageId | null {
  const replied = originalOf(message);
  if (fieldOf(message, 'reply_to_story') !== undefined || replied === undefined) return null;
  if (whoseIs(message, replied, bot) !== BOT_SAID) return null;
  return ChannelMessageId(String(integerOf(replied, 'message_id') ?? 0));
}

function replyToStory(chat: unknown): string {
  const title = titleOf(chat);
  return title === null
    ? '[in reply to a story]'
    : quoteOutside('in reply to a story', OutsideText.fromUntrusted(title));
}

/** The line that names the bot or the sender as the author of the quoted words; null: another author, or several. */
function whoseIs(message: unknown, replied: unknown, bot: BotName | null): string | null {
  if (noteOf(replied)?.words || othersOf(replied) !== null) return null;
  // While the bot does not know its own name, any bot counts.
  if (bot !== null && isOfBot(replied, bot)) return BOT_SAID;
  return isOwn(message, replied) ? '[in reply to their own words:]' : null;
}

/** Whether the replier wrote that text, in their own name. */
function isOwn(message: unknown, replied: unknown): boolean {
  const author = integerOf(fieldOf(replied, 'from'), 'id');
  if (author === null || author !== integerOf(fieldOf(message, 'from'), 'id')) return false;
  return fieldOf(replied, 'sender_chat') === undefined && fieldOf(message, 'sender_chat') === undefined;
}

function saidIn(message: unknown): string | null {
  const note = noteOf(message);
  const written = writtenIn(message);
  const cut = written && written.length > SHOWN ? `${written.slice(0, SHOWN).toWellFormed()}…` : written;
  return [note && noteText(note), cut].filter((part) => part !== null).join('\n') || null;
}

function authorOf(message: unknown): OutsideText | null {
  const origin = othersOf(message)?.from ?? originOf(fieldOf(message, 'origin'));
  if (origin !== null) return origin;
  const title = titleOf(fieldOf(message, 'sender_chat') ?? fieldOf(message, 'from'));
  return title === null ? null : OutsideText.fromUntrusted(title);
}
