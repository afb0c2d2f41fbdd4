import { headOfOthers } from '../../channel/quoted.js';
import type { BotName } from '../bot-api/bot-name.js';
import { isOfBot, originalOf } from './addressing.js';
import { titleOf } from './chat-reader.js';
import { forwardedFrom, originOf } from './forward-origin.js';
import { noteOf, writtenIn } from './message-content.js';
import { label, quotation } from './quoting.js';
import { fieldOf, integerOf, textOf } from './update-fields.js';

/** UTF-16 units shown of what a message replies to; the part that its author chose is shown whole. */
const SHOWN = 1_000;
const QUOTE_LIMIT = 4_096;

/**
 * What a message replies to, as a quotation for the model; null where it replies to nothing that can be told. The part
 * that its author chose (https://core.telegram.org/bots/api#textquote) goes before the whole message.
 */
export function replyContext(message: unknown, bot: BotName | null): string | null {
  const original = originalOf(message);
  const elsewhere = fieldOf(message, 'external_reply');
  const replied = original ?? elsewhere;
  const story = fieldOf(message, 'reply_to_story');
  if (story !== undefined) return `[in reply to a story of ${named(fieldOf(story, 'chat'))}]`;
  if (replied === undefined) return null;
  const said = textOf(fieldOf(message, 'quote'), 'text', QUOTE_LIMIT) ?? saidIn(replied);
  if (said === null) return null;
  return `${headOf(message, replied, bot)}\n${quotation(said)}`;
}

/** What was said by anybody but the bot and the sender is data, as what was passed on is. */
function headOf(message: unknown, replied: unknown, bot: BotName | null): string {
  if (isOfBot(replied, bot)) return '[in reply to what you said:]';
  const author = authorOf(replied);
  return isOwn(message, replied) ? `[in reply to ${author}:]` : headOfOthers(author);
}

/** Did who replies write that themselves? Not what they passed on, or had another bot write. */
function isOwn(message: unknown, replied: unknown): boolean {
  const author = integerOf(fieldOf(replied, 'from'), 'id');
  if (author === null || author !== integerOf(fieldOf(message, 'from'), 'id')) return false;
  const others = [
    fieldOf(replied, 'sender_chat'),
    fieldOf(replied, 'via_bot'),
    forwardedFrom(replied) ?? undefined,
  ];
  return others.every((other) => other === undefined);
}

function saidIn(message: unknown): string | null {
  const written = writtenIn(message);
  const cut = written && written.length > SHOWN ? `${written.slice(0, SHOWN).toWellFormed()}…` : written;
  return [noteOf(message), cut].filter((part) => part !== null).join('\n') || null;
}

function authorOf(message: unknown): string {
  const origin = forwardedFrom(message) ?? originOf(fieldOf(message, 'origin'));
  return origin ?? named(fieldOf(message, 'sender_chat') ?? fieldOf(message, 'from'));
}

const named = (chat: unknown): string => label(titleOf(chat) ?? '') || 'somebody';
