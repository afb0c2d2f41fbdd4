// The rules an entity list must keep (https://core.telegram.org/bots/api#messageentity): none empty, properly nested,
// `code` and `pre` contain nothing, and only the first 100 of a message count.
import type { MessageEntity } from '@grammyjs/types';
import { isSpaceAt } from './characters.js';

/** Telegram ignores the entities of a message past this number (https://core.telegram.org/api/entities). */
export const MAX_ENTITIES = 100;

/** Telegram's order: by offset, the outer before the inner; of equal stretches the quote is outermost, code innermost. */
export function inOrder(entities: readonly MessageEntity[]): MessageEntity[] {
  return entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length || depth(a) - depth(b));
}

/** Orders and trims entities for Telegram: no style across code, no white space at the ends, none empty, in order. */
export function tidyEntities(text: string, entities: readonly MessageEntity[]): MessageEntity[] {
  const code = inOrder(entities.filter(isCode));
  const apart = entities.flatMap((entity) => (isStyle(entity) ? around(entity, code) : [entity]));
  return inOrder(apart.flatMap((entity) => clipEntity(text, entity, { start: 0, end: text.length })));
}

/**
 * The part of an entity inside a range of its text, with offsets from the start of that range; none if only white space
 * is left. Code keeps its white space, which has a meaning there, and so does a quote around it.
 */
export function clipEntity(text: string, entity: MessageEntity, range: Range): MessageEntity[] {
  const start = Math.max(entity.offset, range.start);
  const end = Math.min(entity.offset + entity.length, range.end);
  if (start >= end) return [];
  const trimmed = trimRange(text, { start, end });
  if (trimmed.start === trimmed.end) return [];
  const kept = isCode(entity) || entity.type === 'blockquote' ? { start, end } : trimmed;
  return [{ ...entity, offset: kept.start - range.start, length: kept.end - kept.start }];
}

/** At most 100 entities: beyond that, styles are dropped before quotes, and links and code blocks last. */
export function mostTelling(entities: readonly MessageEntity[]): MessageEntity[] {
  if (entities.length <= MAX_ENTITIES) return inOrder(entities);
  const byRank = entities.toSorted((a, b) => rank(a) - rank(b) || a.offset - b.offset);
  return inOrder(byRank.slice(0, MAX_ENTITIES));
}

/** Whether the entity carries more than the text alone: an address, or the layout of a block. */
export function isTelling(entity: MessageEntity): boolean {
  return entity.type === 'text_link' || entity.type === 'pre';
}

function depth(entity: MessageEntity): number {
  if (entity.type === 'blockquote') return 0;
  return isCode(entity) ? 2 : 1;
}

function rank({ type }: MessageEntity): number {
  if (type === 'text_link' || type === 'pre') return 0;
  if (type === 'blockquote') return 1;
  return type === 'code' ? 2 : type === 'bold' ? 3 : 4;
}

function isCode({ type }: MessageEntity): boolean {
  return type === 'code' || type === 'pre';
}

function isStyle({ type }: MessageEntity): boolean {
  return type === 'bold' || type === 'italic' || type === 'strikethrough';
}

/** The pieces of a styled range between the code in it. `code` is in order and does not overlap. */
function around(entity: MessageEntity, code: readonly MessageEntity[]): MessageEntity[] {
  const end = entity.offset + entity.length;
  const pieces: MessageEntity[] = [];
  let start = entity.offset;
  for (let index = firstEndingAfter(code, start); index < code.length; index++) {
    const hole = code[index];
    if (hole === undefined || hole.offset >= end) break;
    if (hole.offset > start) pieces.push({ ...entity, offset: start, length: hole.offset - start });
    start = hole.offset + hole.length;
  }
  if (start < end) pieces.push({ ...entity, offset: start, length: end - start });
  return pieces;
}

/** Index of the first of these entities (in order, not overlapping) that ends after a position, by halving. */
export function firstEndingAfter(entities: readonly MessageEntity[], position: number): number {
  let low = 0;
  let high = entities.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entity = entities[middle];
    if (entity !== undefined && entity.offset + entity.length <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A range of a text, `end` not included, in UTF-16 units. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The range without the white space at its ends; empty (`start === end`) if there is nothing else. */
function trimRange(text: string, { start, end }: Range): Range {
  let first = start;
  let last = end;
  while (first < last && isSpaceAt(text, first)) first++;
  while (last > first && isSpaceAt(text, last - 1)) last--;
  return { start: first, end: last };
}
