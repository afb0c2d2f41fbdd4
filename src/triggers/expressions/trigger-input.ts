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

/** Whether the value is made of more than `limit` values. Looks at no more than that. Pure. */
export function hasMoreValues(value: unknown, limit: number): boolean {
  const rest: unknown[] = [value];
  for (let seen = 1; rest.length > 0; seen += 1) {
    if (seen > limit) return true;
    const one = rest.pop();
    if (typeof one !== 'object' || one === null) continue;
    for (const inner of Object.values(one)) {
      rest.push(inner);
      if (rest.length > limit) return true;
    }
  }
  return false;
}
