import type { MessageEntity } from '@grammyjs/types';
import { isBlank, isSpaceAt } from './characters.js';
import { CutFinder } from './cut-finder.js';
import { clipEntity, inOrder, isTelling, MAX_ENTITIES, mostTelling } from './entities.js';
import type { FormattedText } from './formatted-text.js';

/** The longest text of one message (https://core.telegram.org/bots/api#sendmessage), in UTF-16 units. */
export const MAX_MESSAGE_LENGTH = 4096;

// Telegram limits the total size of a message's entities (ENTITIES_TOO_LONG) without naming the limit.
const MAX_ADDRESSES_LENGTH = 8192;
const BLANK_LINES = /(?:[^\S\n]*\n)*/y;

/**
 * Splits a formatted text into parts that each fit one message: at most `limit` UTF-16 units and 100 entities, trimmed,
 * none empty or invisible. A block, a quote or code that fits one part is not cut. Otherwise cuts fall between lines,
 * sentences, words, graphemes, not inside a link or a style shorter than half a part, and never inside a surrogate
 * pair. White space at a cut is dropped, except the indentation of code; everything else is kept in order. An entity
 * across a cut continues in the next part. A part with more than 100 entities ends before the 101st link or code block;
 * styles past the limit are dropped. Returns no parts for an invisible text.
 * @throws RangeError for a limit below 2: a character outside the basic plane takes two units
 */
export function splitFormatted(text: FormattedText, limit = MAX_MESSAGE_LENGTH): FormattedText[] {
  if (!Number.isInteger(limit) || limit < 2)
    throw new RangeError(`Limit of ${limit} units: at least 2 needed`);
  return [...new Splitter(text, limit).parts()];
}

class Splitter {
  private readonly text: string;
  private readonly entities: readonly MessageEntity[];
  private readonly cuts: CutFinder;
  /** Entities begun before the part that is being cut, still open in it. */
  private open: MessageEntity[] = [];
  /** Index of the first entity that begins in or after this part. */
  private next = 0;

  constructor(
    { text, entities }: FormattedText,
    private readonly limit: number,
  ) {
    this.text = text;
    this.entities = inOrder(entities);
    this.cuts = new CutFinder(text, this.entities, limit);
  }

  *parts(): Generator<FormattedText> {
    for (let start = this.skipSpace(0); start < this.text.length;) {
      const end = this.partEnd(start);
      const part = this.part(start, end);
      if (!isBlank(part.text)) yield part;
      start = this.skipSpace(end);
    }
  }

  private partEnd(start: number): number {
    const bound = Math.min(this.tellingBound(start), start + this.limit);
    return bound >= this.text.length ? this.text.length : this.cuts.find(start, bound);
  }

  /** The end of the part at which every link and code block in it still counts. */
  private tellingBound(start: number): number {
    let count = 0;
    let size = 0;
    for (const entity of this.following(start)) {
      if (entity.offset >= start + this.limit) break;
      if (!isTelling(entity)) continue;
      count++;
      size += entity.type === 'text_link' ? entity.url.length : 0;
      if (entity.offset > start && (count > MAX_ENTITIES || size > MAX_ADDRESSES_LENGTH))
        return entity.offset;
    }
    return this.text.length;
  }

  private *following(start: number): Generator<MessageEntity> {
    for (const entity of this.open) if (entity.offset + entity.length > start) yield entity;
    for (let index = this.next; index < this.entities.length; index++) {
      const entity = this.entities[index];
      if (entity) yield entity;
    }
  }

  private part(start: number, end: number): FormattedText {
    const range = { start, end: start + this.text.slice(start, end).trimEnd().length };
    const inside: MessageEntity[] = [];
    for (const entity of this.following(start)) {
      if (entity.offset >= end) break;
      inside.push(entity);
    }
    while ((this.entities[this.next]?.offset ?? end) < end) this.next++;
    this.open = inside.filter((entity) => entity.offset + entity.length > end);
    const clipped = inside.flatMap((entity) => clipEntity(this.text, entity, range));
    return { text: this.text.slice(range.start, range.end), entities: mostTelling(clipped) };
  }

  /** The start of the next part: behind white space, but code keeps its indentation and loses only blank lines. */
  private skipSpace(from: number): number {
    const code = this.cuts.codeBehind(from);
    const limit = code ? Math.max(code.offset, from) : this.text.length;
    let index = from;
    while (index < limit && isSpaceAt(this.text, index)) index++;
    if (!code || index < limit) return index;
    BLANK_LINES.lastIndex = index;
    return index + (BLANK_LINES.exec(this.text)?.[0].length ?? 0);
  }
}
