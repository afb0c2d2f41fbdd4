import { OutsideText } from '../../channel/outside-text.js';
import { quotation, quoteOutside } from '../../channel/quoted.js';
import type { BotName } from '../bot-api/bot-name.js';
import { isOfBot, originalOf } from './addressing.js';
import { titleOf } from './chat-reader.js';
import { originOf, othersOf } from './forward-origin.js';
import { contentOf, noteOf, noteText, writtenIn } from './message-content.js';
import { fieldOf, integerOf, outsideTextOf, textOf } from './update-fields.js';

/** UTF-16 units shown of what a message replies to; the part that its author chose is shown whole. */
const SHOWN = 1_000;
const QUOTE_LIMIT = 4_096;

/**
 * What a message replies to, as a quotation for the model; null where it replies to nothing that can be told. The part
 * that its author chose (https://core.telegram.org/bots/api#textquote) goes before the whole message. What was said by
 * anybody but the bot and the sender is data, as what was passed on is.
 */
export function replyContext(message: unknown, bot: BotName | null): string | null {
  const story = fieldOf(message, 'reply_to_story');
  if (story !== undefined) return replyToStory(fieldOf(story, 'chat'));
  const replied = originalOf(message) ?? fieldOf(message, 'external_reply');
  if (replied === undefined) return null;
  const whose = whoseIs(message, replied, bot);
  const quote = fieldOf(message, 'quote');
  if (whose !== null) {
    const said = textOf(quote, 'text', QUOTE_LIMIT) ?? saidIn(replied);
    return said && `[in reply to ${whose}:]\n${quotation(said)}`;
  }
  const said = outsideTextOf(quote, 'text', QUOTE_LIMIT) ?? contentOf(replied, SHOWN);
  if (said === null) return null;
  const from = OutsideText.join(['From:', authorOf(replied) ?? 'somebody'], ' ');
  return quoteOutside('in reply to somebody else', OutsideText.join([from, said], '\n'));
}

function replyToStory(chat: unknown): string {
  const title = titleOf(chat);
  return title === null
    ? '[in reply to a story]'
    : quoteOutside('in reply to a story', OutsideText.of(title));
}

/** Whose own words are replied to, as the model is told; null: neither the bot's nor the sender's, or not theirs alone. */
function whoseIs(message: unknown, replied: unknown, bot: BotName | null): string | null {
  if (noteOf(replied)?.words || othersOf(replied) !== null) return null;
  // While the bot does not know itself, any bot might be meant.
  if (bot !== null && isOfBot(replied, bot)) return 'what you said';
  return isOwn(message, replied) ? 'their own words' : null;
}

/** Did who replies write that themselves, and in their own name? */
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
  return title === null ? null : OutsideText.of(title);
}
