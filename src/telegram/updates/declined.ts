import { WORD_LIMIT } from './chat-reader.js';
import { fieldOf, textOf } from './update-fields.js';

/** An update in which somebody waits for an answer by the id of a query. */
export type Query = { readonly kind: 'payment' | 'shipping' | 'inline' | 'button'; readonly id: string };

const queries = [
  ['pre_checkout_query', 'payment'],
  ['shipping_query', 'shipping'],
  ['inline_query', 'inline'],
  ['callback_query', 'button'],
] as const;

/** The query of an update; null for an update in which nobody waits. Pure and total. */
export function queryOf(update: unknown): Query | null {
  for (const [field, kind] of queries) {
    const id = textOf(fieldOf(update, field), 'id', WORD_LIMIT);
    if (id !== null) return { kind, id };
  }
  return null;
}

/** The language of who waits; null where it is not known. Pure and total. */
export function languageOf(update: unknown): string | null {
  const query = queries.map(([field]) => fieldOf(update, field)).find((one) => one !== undefined);
  return textOf(fieldOf(query, 'from'), 'language_code', WORD_LIMIT);
}

/**
 * The kind of an update, as the Bot API calls it; `unknown` for one that names itself as no field of the Bot API could.
 * The other fields of an update are its kind and nothing else (https://core.telegram.org/bots/api#update).
 */
export function kindOf(update: unknown): string {
  if (typeof update !== 'object' || update === null) return 'unknown';
  const kind = Object.keys(update).find((name) => name !== 'update_id');
  return kind !== undefined && /^[a-z_]{1,40}$/.test(kind) ? kind : 'unknown';
}
