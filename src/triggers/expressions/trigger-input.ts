import type { Webhook } from '../webhook-event.js';

/** The part of a webhook that filters, keys and templates may use. */
export interface TriggerInput {
  /** The name of the source. */
  readonly source: string;
  /** The provider's type of the event; empty if it gives none. */
  readonly event: string;
  /** The body. */
  readonly payload: unknown;
}

export const inputOf = (source: string, { type, body }: Webhook): TriggerInput => ({
  source,
  event: type ?? '',
  payload: body,
});

/** UTF-16 units of a text that count as one more value: a loop may search a long text for each of its elements. */
const UNITS_OF_VALUE = 64;

/** Whether the value is made of more than `limit` values, long texts being several. Looks at no more than that. Pure. */
export function hasMoreValues(value: unknown, limit: number): boolean {
  const rest: unknown[] = [value];
  let seen = 0;
  while (rest.length > 0) {
    const one = rest.pop();
    seen += typeof one === 'string' ? 1 + Math.floor(one.length / UNITS_OF_VALUE) : 1;
    if (seen > limit) return true;
    if (typeof one !== 'object' || one === null) continue;
    for (const inner of Object.values(one)) {
      rest.push(inner);
      if (rest.length > limit) return true;
    }
  }
  return false;
}
