import type { Trigger } from '../../generated/prisma/client.js';

/** How a trigger gathers webhooks of one key for one message. */
export interface CoalesceRules {
  /** The message is made after this long without another webhook, ... */
  readonly quietMs: number;
  /** ... or this long after the first one, ... */
  readonly maxWaitMs: number;
  /** ... or with this many. */
  readonly maxEvents: number;
}

/** The least and the most of each. */
export const coalesceBounds = {
  quietMs: { min: 100, max: 3_600_000 },
  maxWaitMs: { min: 100, max: 86_400_000 },
  maxEvents: { min: 2, max: 10_000 },
} as const;

type CoalesceColumns = Pick<Trigger, 'quietMs' | 'maxWaitMs' | 'maxEvents'>;

/** The rules of a row, of which the database demands all or none; null: each webhook has a message of its own. */
export function coalesceOf({ quietMs, maxWaitMs, maxEvents }: CoalesceColumns): CoalesceRules | null {
  return quietMs === null || maxWaitMs === null || maxEvents === null
    ? null
    : { quietMs, maxWaitMs, maxEvents };
}

export function coalesceColumnsOf(rules: CoalesceRules | null): CoalesceColumns {
  return rules ?? { quietMs: null, maxWaitMs: null, maxEvents: null };
}
