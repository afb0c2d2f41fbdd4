/** What Telegram refuses in a text (https://core.telegram.org/bots/api#sendmessage, #messageentity). */

export const MAX_TEXT = 4_096;

const plainTypes = new Set([
  'mention',
  'hashtag',
  'cashtag',
  'bot_command',
  'url',
  'email',
  'phone_number',
  'bold',
  'italic',
  'underline',
  'strikethrough',
  'spoiler',
  'blockquote',
  'expandable_blockquote',
  'code',
  'pre',
]);
/** Types that need a field of their own. */
const fieldOfType = new Map([
  ['text_link', 'url'],
  ['text_mention', 'user'],
  ['custom_emoji', 'custom_emoji_id'],
]);
/** May not contain or be part of any other entity. */
const lonely = new Set(['code', 'pre']);
const quotes = new Set(['blockquote', 'expandable_blockquote']);

interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The description of Telegram's 400, or null for a text it takes. */
export function textProblem(params: Readonly<Record<string, unknown>>): string | null {
  const { text, parse_mode: parseMode, entities } = params;
  if (typeof text !== 'string' || text.trim() === '') return 'Bad Request: message text is empty';
  if (!text.isWellFormed()) return 'Bad Request: strings must be encoded in UTF-8';
  if (parseMode !== undefined) return "Bad Request: can't parse entities: this double takes entities only";
  if (text.length > MAX_TEXT) return 'Bad Request: message is too long';
  if (entities === undefined) return null;
  const list: unknown = typeof entities === 'string' ? JSON.parse(entities) : entities;
  if (!Array.isArray(list)) return "Bad Request: can't parse entities: an array expected";
  return entitiesProblem(text, list);
}

function entitiesProblem(text: string, entities: readonly unknown[]): string | null {
  const spans: Span[] = [];
  for (const entity of entities) {
    const span = spanOf(entity, text);
    if (typeof span === 'string') return `Bad Request: can't parse MessageEntity: ${span}`;
    spans.push(span);
  }
  for (const [index, a] of spans.entries()) {
    for (const b of spans.slice(index + 1)) {
      if (a.end <= b.start || b.end <= a.start) continue;
      if (lonely.has(a.type) || lonely.has(b.type)) return 'Bad Request: ENTITY_BOUNDS_INVALID';
      if (quotes.has(a.type) && quotes.has(b.type)) return 'Bad Request: ENTITY_BOUNDS_INVALID';
      const nested = (a.start <= b.start && b.end <= a.end) || (b.start <= a.start && a.end <= b.end);
      if (!nested) return 'Bad Request: ENTITY_BOUNDS_INVALID';
    }
  }
  return null;
}

function spanOf(entity: unknown, text: string): Span | string {
  if (typeof entity !== 'object' || entity === null) return 'an object expected';
  const { type, offset, length }: { type?: unknown; offset?: unknown; length?: unknown } = entity;
  if (typeof type !== 'string') return 'type must be a string';
  const needed = fieldOfType.get(type);
  if (needed === undefined && !plainTypes.has(type)) return `unknown type ${type}`;
  if (needed !== undefined && !Object.hasOwn(entity, needed)) return `${type} needs ${needed}`;
  if (typeof offset !== 'number' || typeof length !== 'number') return 'offset and length must be numbers';
  if (!Number.isInteger(offset) || !Number.isInteger(length)) return 'offset and length must be integers';
  if (offset < 0 || length < 1 || offset + length > text.length) return 'beyond the end of the text';
  if (splitsPair(text, offset) || splitsPair(text, offset + length)) return 'splits a surrogate pair';
  return { type, start: offset, end: offset + length };
}

/** The text as a whole is well-formed, so its beginning is not only where a pair is cut. */
function splitsPair(text: string, index: number): boolean {
  return !text.slice(0, index).isWellFormed();
}
