/** Part of a text with a meaning; offsets and lengths in UTF-16 units: https://core.telegram.org/bots/api#messageentity */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

/** A text as a chat shows it, markup already taken out. */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/**
 * What Telegram does to every text before it counts its length: control characters become spaces, carriage returns and
 * white space at both ends go, and the entities move along. Entities that cover nothing visible go too.
 */
export function cleanText({ text, entities }: FormattedText): FormattedText {
  const movedTo: number[] = [];
  let cleaned = '';
  for (const unit of text.split('')) {
    movedTo.push(cleaned.length);
    cleaned += cleanUnit(unit);
  }
  movedTo.push(cleaned.length);

  const start = cleaned.length - cleaned.trimStart().length;
  const trimmed = cleaned.trim();
  const place = (offset: number): number =>
    Math.min(Math.max((movedTo[offset] ?? cleaned.length) - start, 0), trimmed.length);
  const kept = entities.flatMap((entity) => {
    const offset = place(entity.offset);
    const length = place(entity.offset + entity.length) - offset;
    const visible = trimmed.slice(offset, offset + length).trim() !== '';
    return visible ? [{ ...entity, offset, length }] : [];
  });
  return { text: trimmed, entities: kept.toSorted((a, b) => a.offset - b.offset || b.length - a.length) };
}

function cleanUnit(unit: string): string {
  if (unit === '\r') return '';
  if (unit === '\n') return unit;
  return unit < ' ' ? ' ' : unit;
}

/** The place of a UTF-16 offset in the text's UTF-8 form: Telegram's parse errors count bytes. */
export function byteOffset(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset), 'utf8');
}
