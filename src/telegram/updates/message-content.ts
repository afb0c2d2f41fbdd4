import { label } from '../../channel/names.js';
import { OutsideText } from '../../channel/outside-text.js';
import { quoteOutside } from '../../channel/quoted.js';
import { fullName, titleOf } from './chat-reader.js';
import { arrayOf, fieldOf, integerOf, textField } from '../bot-api/update-fields.js';

/** UTF-16 units kept of a user's text. Telegram's own limit is 4,096; longer texts can only come from elsewhere. */
const TEXT_LIMIT = 65_536;
/** UTF-16 units kept of a question, an address, an option. */
const LINE_LIMIT = 300;
/** UTF-16 units of the longest emoji. */
const EMOJI_LIMIT = 32;

/** The sender's words: the text, or the caption of a file. */
export function writtenIn(message: unknown): string | null {
  return textField(message, 'text', TEXT_LIMIT) ?? textField(message, 'caption', TEXT_LIMIT);
}

/** The content of a message besides its text. */
export interface Note {
  /** In the bot's words, and numbers. */
  readonly what: string;
  /** Titles and names in it, which other people may have chosen; null: there are none. */
  readonly words: OutsideText | null;
}

/** A note as the model reads it. */
export function noteText({ what, words }: Note): string {
  return words === null ? `[${what}]` : quoteOutside(what, words);
}

/** The whole content of a message whose sender is not the reader's; null if it has none. */
export function contentOf(message: unknown, limit = TEXT_LIMIT): OutsideText | null {
  const note = noteOf(message);
  const written = writtenIn(message);
  const cut = written && written.length > limit ? `${written.slice(0, limit).toWellFormed()}…` : written;
  const parts = [note && OutsideText.join([`[${note.what}]`, note.words], ' '), cut];
  return parts.every((part) => part === null) ? null : OutsideText.join(parts, '\n');
}

/**
 * Only for messages of people: a service message ("pinned", "joined") has no content. Null for none.
 * https://core.telegram.org/bots/api#message
 */
export function noteOf(message: unknown): Note | null {
  for (const [field, describe] of kinds) {
    const content = fieldOf(message, field);
    if (content === undefined || content === null) continue;
    const note = describe(content);
    if (note !== null) return note;
  }
  return null;
}

type Describe = (content: unknown) => Note | null;

const plain = (what: string): Note => ({ what, words: null });

/** In this order: a venue comes with its location, an animation with a document of the same file. */
const kinds: readonly (readonly [field: string, describe: Describe])[] = [
  ['photo', (sizes) => (Array.isArray(sizes) && sizes.length > 0 ? plain('photo') : null)],
  ['voice', (operatorMessages) => plain(timed('voice message', operatorMessages))],
  ['video_note', (note) => plain(timed('video message', note))],
  ['audio', describeAudio],
  ['animation', (animation) => plain(`${timed('animation', animation)}; only its caption can be read`)],
  ['video', (video) => plain(`${timed('video', video)}; only its caption can be read`)],
  ['document', describeFile],
  ['sticker', (sticker) => plain(`sticker${emojiOf(sticker)}`)],
  ['dice', describeDice],
  ['venue', describeVenue],
  ['location', describeLocation],
  ['contact', describeContact],
  ['poll', describePoll],
  ['checklist', describeChecklist],
  ['story', (story) => ({ what: 'story', words: labelled(titleOf(fieldOf(story, 'chat'))) })],
  ['game', (game) => ({ what: 'game', words: line(game, 'title') })],
  ['invoice', (invoice) => ({ what: 'invoice', words: line(invoice, 'title') })],
  ['paid_media', () => plain('paid photos or videos, which cannot be seen')],
];

/** The fields of a message that make a note. */
export const NOTED_FIELDS: readonly string[] = kinds.map(([field]) => field);

function describeAudio(audio: unknown): Note {
  const words = listed([line(audio, 'title') ?? line(audio, 'file_name'), line(audio, 'performer')]);
  return { what: timed('audio', audio), words };
}

function describeFile(file: unknown): Note {
  const bytes = integerOf(file, 'file_size');
  return { what: bytes === null ? 'file' : `file, ${sizeOf(bytes)}`, words: line(file, 'file_name') };
}

function describeDice(dice: unknown): Note | null {
  const value = integerOf(dice, 'value');
  return value === null ? null : plain(`dice${emojiOf(dice)}: ${value}`);
}

function describeLocation(location: unknown): Note | null {
  const place = coordinates(location);
  if (place === null) return null;
  return plain(`${integerOf(location, 'live_period') === null ? 'location' : 'live location'}: ${place}`);
}

function describeVenue(venue: unknown): Note | null {
  const words = listed([line(venue, 'title'), line(venue, 'address')]);
  const place = coordinates(fieldOf(venue, 'location'));
  if (words === null && place === null) return null;
  return { what: place === null ? 'place' : `place: ${place}`, words };
}

function describeContact(contact: unknown): Note | null {
  const words = listed([labelled(fullName(contact)), line(contact, 'phone_number')]);
  return words && { what: 'contact', words };
}

function describePoll(poll: unknown): Note | null {
  const question = line(poll, 'question');
  const options = arrayOf(poll, 'options').slice(0, 20);
  return question && { what: 'poll', words: numbered(question, options) };
}

function describeChecklist(checklist: unknown): Note {
  const tasks = arrayOf(checklist, 'tasks').slice(0, 30);
  const title = line(checklist, 'title');
  return { what: 'checklist', words: title || tasks.length > 0 ? numbered(title, tasks) : null };
}

function timed(what: string, media: unknown): string {
  const seconds = integerOf(media, 'duration');
  return seconds === null ? what : `${what}, ${seconds} s`;
}

function coordinates(location: unknown): string | null {
  const [latitude, longitude] = [fieldOf(location, 'latitude'), fieldOf(location, 'longitude')];
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null;
  return `${latitude}, ${longitude}`;
}

/** In powers of 1,000, as clients show file sizes. */
function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Emoji and their joiners only, so that no word can stand in their place. */
const EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u{200d}|\u{fe0f}|\u{20e3})+$/u;

function emojiOf(content: unknown): string {
  const emoji = textField(content, 'emoji', EMOJI_LIMIT) ?? '';
  return EMOJI.test(emoji) ? ` ${emoji}` : '';
}

function line(content: unknown, name: string): OutsideText | null {
  return labelled(textField(content, name, TEXT_LIMIT));
}

/** On one line: several notes stand below each other. */
function labelled(text: string | null): OutsideText | null {
  const flat = text === null ? '' : label(text, LINE_LIMIT);
  return flat === '' ? null : OutsideText.fromUntrusted(flat);
}

function listed(parts: readonly (OutsideText | null)[]): OutsideText | null {
  return parts.every((part) => part === null) ? null : OutsideText.join(parts, ', ');
}

function numbered(title: OutsideText | null, items: readonly unknown[]): OutsideText {
  const lines = items.map((item, index) => OutsideText.join([`${index + 1}. `, line(item, 'text')], ''));
  return OutsideText.join([title, ...lines], '\n');
}
