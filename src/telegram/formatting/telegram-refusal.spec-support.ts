// What Telegram makes of a message, stricter than the server: the documented rules as refusals.
import type { FormattedText } from './formatted-text.js';

const KNOWN = new Set(['bold', 'italic', 'strikethrough', 'blockquote', 'code', 'pre', 'text_link']);

interface Placed {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

/** Why Telegram would refuse or alter this message; null where it shows it as it is. */
export function refusalOf({ text, entities }: FormattedText, limit = 4096): string | null {
  if (!/[^\s\p{Default_Ignorable_Code_Point}]/u.test(text)) return 'message text is empty';
  if (text.length > limit) return 'message is too long';
  if (text !== text.trim()) return 'text would be trimmed';
  if (!text.isWellFormed()) return 'strings must be encoded in UTF-8';
  // eslint-disable-next-line no-control-regex -- looking for them is the purpose
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)) return 'control character';
  if (entities.length > 100) return 'entities past the 100th';
  const around: Placed[] = [];
  for (const entity of entities) {
    const refusal = refusalOfEntity(text, entity, around);
    if (refusal !== null) return `${refusal}: ${JSON.stringify(entity)}`;
    if (entity.type === 'text_link' && !/^(?:https?:\/\/[^/]*\.|tg:\/\/)/.test(entity.url))
      return 'wrong URL';
  }
  return null;
}

/** `around` holds the entities that are open here, outermost first; it is kept up to date. */
function refusalOfEntity(text: string, entity: Placed, around: Placed[]): string | null {
  const { type, offset, length } = entity;
  const end = offset + length;
  if (!KNOWN.has(type)) return 'unknown type';
  if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 1) return 'no place';
  if (end > text.length) return 'beyond the end of the text';
  if (isInsidePair(text, offset) || isInsidePair(text, end)) return 'splits a surrogate pair';
  if (text.slice(offset, end).trim() === '') return 'white space only';
  while (around.length > 0 && endOf(around.at(-1)) <= offset) around.pop();
  if (around.some((outer) => end > endOf(outer))) return 'crosses another';
  if (around.some((outer) => outer.type === type)) return 'nested in its own kind';
  if (around.some((outer) => outer.type === 'code' || outer.type === 'pre')) return 'inside code';
  const isCode = type === 'code' || type === 'pre';
  if (isCode && around.some((outer) => outer.type !== 'blockquote')) return 'code inside another';
  if (around.length > 0 && offset < (around.at(-1)?.offset ?? 0)) return 'out of order';
  around.push(entity);
  return null;
}

function endOf(entity: Placed | undefined): number {
  return entity ? entity.offset + entity.length : 0;
}

function isInsidePair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return index > 0 && index < text.length && unit >= 0xdc00 && unit <= 0xdfff;
}
