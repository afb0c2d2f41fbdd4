import { WORD_LIMIT } from './chat-reader.js';
import { fieldOf, textField } from '../bot-api/update-fields.js';

/** An update whose sender waits for the answer to a query. */
export type Query = { readonly kind: 'payment' | 'shipping' | 'inline' | 'button'; readonly id: string };

const queries = [
  ['pre_checkout_query', 'payment'],
  ['shipping_query', 'shipping'],
  ['inline_query', 'inline'],
  ['callback_query', 'button'],
] as const;

/** The query of an update; null for an update whose sender does not wait. Pure and total. */
export function queryOf(update: unknown): Query | null {
  for (const [field, kind] of queries) {
    const id = textField(fieldOf(update, field), 'id', WORD_LIMIT);
    if (id !== null) return { kind, id };
  }
  return null;
}

/** The language of the query's sender; null if unknown. Pure and total. */
export function updateLanguageOf(update: unknown): string | null {
  const query = queries.map(([field]) => fieldOf(update, field)).find((one) => one !== undefined);
  return textField(fieldOf(query, 'from'), 'language_code', WORD_LIMIT);
}

/**
 * The kind of an update, in the Bot API's words; `unknown` if its name could not be a field of the Bot API. An update
 * has its id, its kind and no other field (https://core.telegram.org/bots/api#update).
 */
export function updateKindOf(update: unknown): string {
  if (typeof update !== 'object' || update === null) return 'unknown';
  const kind = Object.keys(update).find((name) => name !== 'update_id');
  return kind !== undefined && /^[a-z_]{1,40}$/.test(kind) ? kind : 'unknown';
}
