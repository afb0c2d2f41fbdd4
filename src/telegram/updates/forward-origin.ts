import { titleOf, WORD_LIMIT } from './chat-reader.js';
import { label } from './quoting.js';
import { fieldOf, textOf } from './update-fields.js';

/** From whom a forwarded message is, as it is named to the model; null where the message is the sender's own. */
export function forwardedFrom(message: unknown): string | null {
  const origin = fieldOf(message, 'forward_origin');
  if (origin !== undefined) return originOf(origin) ?? 'somebody';
  // Before Bot API 7.0; servers of one's own may be older.
  if (fieldOf(message, 'forward_date') === undefined) return null;
  const chat = fieldOf(message, 'forward_from_chat') ?? fieldOf(message, 'forward_from');
  return named(titleOf(chat) ?? textOf(message, 'forward_sender_name', WORD_LIMIT));
}

/** https://core.telegram.org/bots/api#messageorigin */
export function originOf(origin: unknown): string | null {
  switch (fieldOf(origin, 'type')) {
    case 'user':
      return named(titleOf(fieldOf(origin, 'sender_user')));
    case 'hidden_user':
      return named(textOf(origin, 'sender_user_name', WORD_LIMIT));
    case 'chat':
      return named(titleOf(fieldOf(origin, 'sender_chat')));
    case 'channel':
      return `the channel ${named(titleOf(fieldOf(origin, 'chat')))}`;
    default:
      return null;
  }
}

const named = (name: string | null): string => label(name ?? '') || 'somebody';
