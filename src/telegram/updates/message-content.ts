import { fullName, titleOf } from './chat-reader.js';
import { label } from './quoting.js';
import { arrayOf, fieldOf, integerOf, textOf } from './update-fields.js';

/** UTF-16 units kept of what a user wrote. Telegram's own limit is 4,096; more can only come from elsewhere. */
export const TEXT_LIMIT = 65_536;
/** UTF-16 units kept of a question, an address, an option. */
const LINE_LIMIT = 300;

/** What somebody wrote: the text, or the caption of what was sent. */
export function writtenIn(message: unknown): string | null {
  return textOf(message, 'text', TEXT_LIMIT) ?? textOf(message, 'caption', TEXT_LIMIT);
}

/**
 * What a message holds besides its text, in brackets, as the model is told of it; null for nothing. Only what people
 * send: a service message ("pinned", "joined") says nothing. https://core.telegram.org/bots/api#message
 */
export function noteOf(message: unknown): string | null {
  for (const [field, describe] of kinds) {
    const content = fieldOf(message, field);
    if (content === undefined || content === null) continue;
    const note = describe(content);
    if (note !== null) return `[${note}]`;
  }
  return null;
}

type Describe = (content: unknown) => string | null;

/** In this order: a venue comes with its location, an animation with a document of the same file. */
const kinds: readonly (readonly [field: string, describe: Describe])[] = [
  ['photo', (sizes) => (Array.isArray(sizes) && sizes.length > 0 ? 'photo' : null)],
  ['voice', (voice) => timed('voice message', voice)],
  ['video_note', (note) => timed('video message', note)],
  ['audio', (audio) => timed(titled('audio', audio), audio)],
  ['animation', (animation) => `${timed('animation', animation)}; only its caption can be read`],
  ['video', (video) => `${timed('video', video)}; only its caption can be read`],
  ['document', describeFile],
  ['sticker', (sticker) => `sticker${spaced(line(sticker, 'emoji'))}`],
  ['dice', describeDice],
  ['venue', describeVenue],
  ['location', describeLocation],
  ['contact', describeContact],
  ['poll', describePoll],
  ['checklist', describeChecklist],
  ['story', (story) => `story${of(titleOf(fieldOf(story, 'chat')))}`],
  ['game', (game) => `game${quoted(line(game, 'title'))}`],
  ['invoice', (invoice) => `invoice${quoted(line(invoice, 'title'))}`],
  ['paid_media', () => 'paid photos or videos, which cannot be seen'],
];

function describeFile(file: unknown): string {
  const bytes = integerOf(file, 'file_size');
  return `file${quoted(line(file, 'file_name'))}${bytes === null ? '' : `, ${sizeOf(bytes)}`}`;
}

function describeDice(dice: unknown): string | null {
  const value = integerOf(dice, 'value');
  return value === null ? null : `dice${spaced(line(dice, 'emoji'))}: ${value}`;
}

function describeLocation(location: unknown): string | null {
  const place = coordinates(location);
  if (place === null) return null;
  return `${integerOf(location, 'live_period') === null ? 'location' : 'live location'}: ${place}`;
}

function describeVenue(venue: unknown): string | null {
  const named = listed([
    line(venue, 'title'),
    line(venue, 'address'),
    coordinates(fieldOf(venue, 'location')),
  ]);
  return named === '' ? null : `place: ${named}`;
}

function describeContact(contact: unknown): string | null {
  const known = listed([labelled(fullName(contact)), line(contact, 'phone_number')]);
  return known === '' ? null : `contact: ${known}`;
}

function describePoll(poll: unknown): string | null {
  const question = line(poll, 'question');
  if (question === null) return null;
  const options = arrayOf(poll, 'options').slice(0, 20);
  return `poll: “${question}”${numbered(options.map((option) => line(option, 'text')))}`;
}

function describeChecklist(checklist: unknown): string {
  const tasks = arrayOf(checklist, 'tasks').slice(0, 30);
  return `checklist${quoted(line(checklist, 'title'))}${numbered(tasks.map((task) => line(task, 'text')))}`;
}

function timed(what: string, media: unknown): string {
  const seconds = integerOf(media, 'duration');
  return seconds === null ? what : `${what}, ${seconds} s`;
}

function titled(what: string, media: unknown): string {
  const title = line(media, 'title') ?? line(media, 'file_name');
  return `${what}${quoted(title)}${by(line(media, 'performer'))}`;
}

function coordinates(location: unknown): string | null {
  const [latitude, longitude] = [fieldOf(location, 'latitude'), fieldOf(location, 'longitude')];
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null;
  return `${latitude}, ${longitude}`;
}

/** Powers of 1,000, as files are sized. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const line = (content: unknown, name: string): string | null => labelled(textOf(content, name, TEXT_LIMIT));
const labelled = (text: string | null): string | null =>
  text === null ? null : label(text, LINE_LIMIT) || null;
const listed = (parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null).join(', ');
const numbered = (lines: readonly (string | null)[]): string =>
  lines.map((text, index) => `; ${index + 1}. ${text ?? ''}`).join('');
const quoted = (text: string | null): string => (text === null ? '' : ` “${text}”`);
const spaced = (text: string | null): string => (text === null ? '' : ` ${text}`);
const by = (text: string | null): string => (text === null ? '' : ` by ${text}`);
const of = (text: string | null): string => (text === null ? '' : ` of ${label(text)}`);
