/**
 * A part of a text with a meaning; offsets and lengths in UTF-16 units:
 * https://core.telegram.org/bots/api#messageentity
 */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

/** A text as a chat shows it, without markup. */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/** Telegram ignores a message's entities past this number, styles before the others. */
const MAX_ENTITIES = 100;
const STYLES = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler']);

// Line and paragraph separators, directional embeddings and overrides, and three combining marks that strike letters
// through.
const REMOVED = /[\r\u2028-\u202e]|\u030a|\u0333|\u033f/u;

/**
 * Cleans a text as Telegram does before it counts the length: control characters, tabs among them, become spaces, some
 * characters are removed, and so is white space at both ends, but not where an entity begins with it; the entities move
 * along. Entities that cover only invisible text are removed too.
 * Source: TDLib, misc.cpp, clean_input_string, and MessageEntity.cpp, fix_formatted_text
 */
export function cleanText({ text, entities }: FormattedText): FormattedText {
  const movedTo: number[] = [];
  let cleaned = '';
  for (const unit of text.split('')) {
    movedTo.push(cleaned.length);
    cleaned += cleanUnit(unit);
  }
  movedTo.push(cleaned.length);
  cleaned = cleaned.replace(/[\u200e\u200f](?=[\u200e\u200f])/g, '\u200c');

  const moved = entities.map((entity) => moveEntity(entity, movedTo)).toSorted(byPlace);
  const end = cleaned.replace(/[ \n]+$/, '').length;
  const spaces = /^[ \n]*/.exec(cleaned)?.[0].length ?? 0;
  const start = Math.min(spaces, moved[0]?.offset ?? spaces, end);
  const kept = moved.flatMap((entity) => {
    const length = Math.min(entity.offset + entity.length, end) - entity.offset;
    const visible = /[^ \n]/.test(cleaned.slice(entity.offset, entity.offset + length));
    return length > 0 && visible ? [{ ...entity, offset: entity.offset - start, length }] : [];
  });
  return { text: cleaned.slice(start, end), entities: firstOf(kept) };
}

/** Whether Telegram would call a text empty. (TDLib, misc.cpp, is_empty_string) */
export function isEmptyText(text: string): boolean {
  return !/[^\s\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\u{e0000}-\u{e007f}]/u.test(
    text,
  );
}

function cleanUnit(unit: string): string {
  if (unit === '\n') return unit;
  if (REMOVED.test(unit)) return '';
  return unit < ' ' ? ' ' : unit;
}

function moveEntity(entity: Entity, movedTo: readonly number[]): Entity {
  const offset = movedTo[entity.offset] ?? 0;
  return { ...entity, offset, length: (movedTo[entity.offset + entity.length] ?? offset) - offset };
}

function byPlace(a: Entity, b: Entity): number {
  return a.offset - b.offset || b.length - a.length;
}

function firstOf(entities: readonly Entity[]): readonly Entity[] {
  if (entities.length <= MAX_ENTITIES) return entities;
  const isStyle = ({ type }: Entity): boolean => STYLES.has(type);
  const ranked = [...entities.filter((entity) => !isStyle(entity)), ...entities.filter(isStyle)];
  return ranked.slice(0, MAX_ENTITIES).toSorted(byPlace);
}

/** The place of a UTF-16 offset in the text's UTF-8 form: Telegram's parse errors count bytes. */
export function byteOffset(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset), 'utf8');
}
