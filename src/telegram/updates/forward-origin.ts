import { fieldOf, textOf } from './update-fields.js';

/** UTF-16 units kept of a name or title. */
const NAME_LIMIT = 256;

/** From whom a forwarded message is, as it is named to the model; null where the message is the sender's own. */
export function forwardedFrom(message: unknown): string | null {
  const origin = fieldOf(message, 'forward_origin');
  if (origin === undefined) return fieldOf(message, 'forward_date') === undefined ? null : 'somebody';
  return originOf(origin) ?? 'somebody';
}

/** https://core.telegram.org/bots/api#messageorigin */
function originOf(origin: unknown): string | null {
  switch (fieldOf(origin, 'type')) {
    case 'user':
      return nameOf(fieldOf(origin, 'sender_user'));
    case 'hidden_user':
      return textOf(origin, 'sender_user_name', NAME_LIMIT);
    case 'chat':
      return nameOf(fieldOf(origin, 'sender_chat'));
    case 'channel':
      return nameOf(fieldOf(origin, 'chat'));
    default:
      return null;
  }
}

function nameOf(from: unknown): string | null {
  const title = textOf(from, 'title', NAME_LIMIT);
  if (title !== null) return title;
  const names = [textOf(from, 'first_name', NAME_LIMIT), textOf(from, 'last_name', NAME_LIMIT)];
  return names.filter((name) => name !== null).join(' ') || null;
}
