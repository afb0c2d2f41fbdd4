import { label } from '../../channel/names.js';
import { OutsideText } from '../../channel/outside-text.js';
import { titleOf, WORD_LIMIT } from './chat-reader.js';
import { fieldOf, textField } from '../bot-api/update-fields.js';

/** The origin of a message that its sender did not write. */
export interface Others {
  /** In the bot's words. */
  readonly what: string;
  /** The origin's own name; null if it has none. */
  readonly from: OutsideText | null;
}

/** Null if the message is the sender's own. */
export function othersOf(message: unknown): Others | null {
  const what = 'a message that the user passed on from somebody else';
  const origin = fieldOf(message, 'forward_origin');
  if (origin !== undefined) return { what, from: originOf(origin) };
  // Before Bot API 7.0; servers of one's own may be older.
  if (fieldOf(message, 'forward_date') !== undefined) {
    const chat = fieldOf(message, 'forward_from_chat') ?? fieldOf(message, 'forward_from');
    return { what, from: named(titleOf(chat) ?? textField(message, 'forward_sender_name', WORD_LIMIT)) };
  }
  // The user chose one of the messages that the bot offered.
  const bot = fieldOf(message, 'via_bot');
  if (bot === undefined) return null;
  return { what: 'a message that the user sent, and another bot wrote', from: named(titleOf(bot)) };
}

/** https://core.telegram.org/bots/api#messageorigin */
export function originOf(origin: unknown): OutsideText | null {
  switch (fieldOf(origin, 'type')) {
    case 'user':
      return named(titleOf(fieldOf(origin, 'sender_user')));
    case 'hidden_user':
      return named(textField(origin, 'sender_user_name', WORD_LIMIT));
    case 'chat':
      return named(titleOf(fieldOf(origin, 'sender_chat')));
    case 'channel':
      return named(titleOf(fieldOf(origin, 'chat')), 'the channel ');
    default:
      return null;
  }
}

function named(name: string | null, kind = ''): OutsideText | null {
  const shown = name === null ? '' : label(name);
  return shown === '' ? null : OutsideText.fromUntrusted(`${kind}${shown}`);
}
