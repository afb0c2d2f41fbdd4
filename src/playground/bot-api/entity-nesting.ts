import { badRequest } from './bot-api-error.js';
import type { Entity } from './formatted-text.js';

const CODE = new Set(['code', 'pre']);
const QUOTES = new Set(['blockquote', 'expandable_blockquote']);

/**
 * Refuses entities that overlap against the rules of https://core.telegram.org/bots/api#messageentity: two that share
 * characters are nested, code contains nothing and is in nothing but a quote, quotes and links are not in their own
 * kind. Stricter than Telegram, which repairs some of it and shows something else.
 * @throws BotApiError `ENTITY_BOUNDS_INVALID`
 */
export function checkNesting(entities: readonly Entity[]): void {
  const inOrder = entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  /** Entities that are open at the current place, outermost first. */
  let open: Entity[] = [];
  for (const entity of inOrder) {
    open = open.filter((outer) => endOf(outer) > entity.offset);
    if (open.some((outer) => endOf(outer) < endOf(entity) || !mayHold(outer, entity))) {
      throw badRequest('ENTITY_BOUNDS_INVALID');
    }
    open.push(entity);
  }
}

function mayHold(outer: Entity, inner: Entity): boolean {
  // Of two over the same range either may be the outer one.
  if (outer.offset === inner.offset && outer.length === inner.length) {
    return holds(outer, inner) || holds(inner, outer);
  }
  return holds(outer, inner);
}

function holds(outer: Entity, inner: Entity): boolean {
  if (CODE.has(outer.type)) return false;
  if (CODE.has(inner.type)) return QUOTES.has(outer.type);
  if (QUOTES.has(inner.type)) return !QUOTES.has(outer.type);
  return outer.type !== inner.type;
}

function endOf({ offset, length }: Entity): number {
  return offset + length;
}
