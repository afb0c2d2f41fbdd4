/** Messages of every kind, with another person's words in any one of their fields. */
import { nextUpdateId, textUpdate } from './updates.js';

type Fields = Readonly<Record<string, unknown>>;

const eve = { id: 99, is_bot: false, first_name: 'Eve', last_name: 'Doe', username: 'eve' };
const channel = { id: -100_500, type: 'channel', title: 'News', username: 'news' };
const bot = { id: 7, is_bot: true, first_name: 'Gif', username: 'gif' };
const file = {
  file_id: 'f',
  file_unique_id: 'u',
  file_size: 20,
  mime_type: 'text/plain',
  file_name: 'a.txt',
};
const photo = [{ file_id: 'p', file_unique_id: 'u', width: 8, height: 8 }];
const place = { latitude: 1, longitude: 2 };

/** The possible contents of a message, by field: each as its sender sends it, though others named it. */
const contents: Readonly<Record<string, Fields>> = {
  photo: { photo },
  voice: { voice: { ...file, duration: 2 } },
  video_note: { video_note: { ...file, duration: 2, length: 240 } },
  audio: { audio: { ...file, duration: 2, title: 'Song', performer: 'Band' } },
  animation: { animation: { ...file, duration: 2 }, document: file },
  video: { video: { ...file, duration: 2 } },
  document: { document: file },
  sticker: { sticker: { ...file, emoji: '🙂', set_name: 'set', custom_emoji_id: '1' } },
  dice: { dice: { emoji: '🎲', value: 4 } },
  venue: { location: place, venue: { location: place, title: 'T', address: 'A', foursquare_type: 'f' } },
  location: { location: { ...place, live_period: 60 } },
  contact: { contact: { phone_number: '+49', first_name: 'Bob', last_name: 'Doe', vcard: 'v' } },
  poll: {
    poll: {
      id: '1',
      question: 'Tea?',
      options: [{ text: 'Yes' }, { text: 'No' }],
      explanation: 'e',
      type: 'quiz',
    },
  },
  checklist: { checklist: { title: 'Buy', tasks: [{ id: 1, text: 'Milk' }] } },
  story: { story: { id: 1, chat: channel } },
  game: { game: { title: 'G', description: 'D', text: 't', photo } },
  invoice: {
    invoice: { title: 'I', description: 'D', start_parameter: 's', currency: 'XTR', total_amount: 1 },
  },
  paid_media: { paid_media: { star_count: 1, paid_media: [{ type: 'photo', photo }] } },
};

/** The origin of a message, or the message it replies to. */
const settings: Readonly<Record<string, Fields>> = {
  'as it is': {},
  'forwarded from a user': { forward_origin: { type: 'user', sender_user: eve, date: 1 } },
  'forwarded from somebody who hides': {
    forward_origin: { type: 'hidden_user', sender_user_name: 'E', date: 1 },
  },
  'forwarded from a group': {
    forward_origin: { type: 'chat', sender_chat: channel, author_signature: 'E', date: 1 },
  },
  'forwarded from a channel': {
    forward_origin: { type: 'channel', chat: channel, author_signature: 'E', date: 1 },
  },
  'forwarded from tomorrow': { forward_origin: { type: 'dream', sender_dream: 'E' } },
  'forwarded by an old server': { forward_date: 1, forward_from: eve, forward_signature: 'E' },
  'forwarded by an old server, hidden': { forward_date: 1, forward_sender_name: 'E' },
  'written by another bot': { via_bot: bot },
  'in reply to a story': { reply_to_story: { id: 1, chat: channel } },
  'with a quotation': { reply_to_message: { from: eve, text: 'x' }, quote: { text: 'x', position: 0 } },
  'with a quotation from elsewhere': {
    external_reply: { origin: { type: 'channel', chat: channel }, chat: channel },
    quote: { text: 'x', position: 0 },
  },
};

/** A field of a message, by its path, e.g. `poll.options.0.text`. */
export interface Placed {
  readonly kind: string;
  readonly path: string;
  /** The sender's own name, or data of their app. */
  readonly isOwnName: boolean;
  readonly update: (words: string) => { readonly update_id: number };
}

/** The fields of a message that `content` describes. */
export const CONTENT_FIELDS = Object.keys(contents);

/**
 * Every string in a message of every kind that is not its sender's, as a place for another person's words.
 * @param chatId of a person, or negated of a group
 */
export function placesForOthers(chatId: number): Placed[] {
  const replies = Object.entries(contents).map(([name, content]): [string, Fields] => [
    `in reply to ${name} of somebody else`,
    { reply_to_message: { from: eve, chat: channel, caption: 'c', ...content } },
  ]);
  const ownReplies = Object.entries(contents).map(([name, content]): [string, Fields] => [
    `in reply to ${name} of their own`,
    { reply_to_message: { from: textUpdate(chatId, '').message['from'], ...content } },
  ]);
  const elsewhere = Object.entries(contents).map(([name, content]): [string, Fields] => [
    `in reply to ${name} elsewhere`,
    { external_reply: { origin: { type: 'user', sender_user: eve }, ...content } },
  ]);
  const sent = Object.entries(contents).flatMap(([name, content]) =>
    Object.entries(settings).map(([how, setting]): [string, Fields] => [
      `${name} ${how}`,
      { ...content, ...setting },
    ]),
  );
  const written = Object.entries(settings).map(([how, setting]): [string, Fields] => [
    `text ${how}`,
    setting,
  ]);
  return [...written, ...sent, ...replies, ...ownReplies, ...elsewhere].flatMap(([kind, fields]) =>
    placesIn(chatId, kind, fields),
  );
}

function placesIn(chatId: number, kind: string, fields: Fields): Placed[] {
  const isText = kind.startsWith('text') || kind.startsWith('in reply');
  const said = isText ? { text: '@double_bot Hello' } : { text: undefined, caption: '@double_bot Hello' };
  const { message } = textUpdate(chatId, '', { ...said, ...fields });
  const isOfOthers = ['forward_origin', 'forward_date', 'via_bot'].some((field) => field in fields);
  return stringsIn(message)
    .filter((path) => isOfOthers || (path !== 'text' && path !== 'caption'))
    .map((path) => ({
      kind,
      path,
      isOwnName: path.startsWith('from.'),
      update: (words) => ({ update_id: nextUpdateId(), message: withWords(message, path.split('.'), words) }),
    }));
}

function stringsIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    stringsIn(inner, path === '' ? name : `${path}.${name}`),
  );
}

function withWords(value: unknown, [name = '', ...rest]: readonly string[], words: string): unknown {
  if (typeof value !== 'object' || value === null) return words;
  const inner: unknown = Reflect.get(value, name);
  const changed = rest.length === 0 ? words : withWords(inner, rest, words);
  return Array.isArray(value)
    ? value.map((one: unknown, index) => (String(index) === name ? changed : one))
    : { ...value, [name]: changed };
}
