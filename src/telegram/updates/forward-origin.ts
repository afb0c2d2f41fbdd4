import { label } from '../../channel/names.js';
import { OutsideText } from '../../channel/outside-text.js';
import { titleOf, WORD_LIMIT } from './chat-reader.js';
import { fieldOf, textOf } from './update-fields.js';

/** Whose words a message is, where they are not its sender's. */
export interface Others {
  /** In our words. */
  readonly what: string;
  /** As they call themselves; null where nothing says so. */
  readonly from: OutsideText | null;
}

/** Null where the message is the sender's own. */
export function othersOf(message: unknown): Others | null {
  const what = 'a message that the user passed on from somebody else';
  const origin = fieldOf(message, 'forward_origin');
  if (origin !== undefined) return { what, from: originOf(origin) };
  // Before Bot API 7.0; servers of one's own may be older.
  if (fieldOf(message, 'forward_date') !== undefined) {
    const chat = fieldOf(message, 'forward_from_chat') ?? fieldOf(message, 'forward_from');
    return { what, from: named(titleOf(chat) ?? textOf(message, 'forward_sender_name', WORD_LIMIT)) };
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
      return named(textOf(origin, 'sender_user_name', WORD_LIMIT));
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
  return shown === '' ? null : OutsideText.of(`${kind}${shown}`);
}
