import { GiveUpError, TurnpikeError } from '../../../platform/errors/errors.js';
import { isUnreachable } from '../../../platform/errors/unreachable.js';
import { backoffMs } from '../../../platform/runtime/backoff.js';

/** Tries of an event that fails by itself. */
export const MAX_ATTEMPTS = 5;
/** Tries of an event, or runs of a turn, while the database fails: about an hour of nothing but that. */
export const MAX_OUTAGES = 120;

const PAUSE = { baseMs: 2_000, maxMs: 60_000 };
const OUTAGE_PAUSE = { baseMs: 1_000, maxMs: 30_000 };

/** The failures of an event so far, this one included. */
export interface FailedTries {
  readonly attempts: number;
  readonly outages: number;
}

export type EventFailureDecision =
  { readonly kind: 'again'; readonly delayMs: number } | { readonly kind: 'give-up'; readonly code: string };

/** Tells the event's own failure from the database's. */
export function kindOfFailure(error: unknown): 'attempt' | 'outage' {
  return isUnreachable(error) ? 'outage' : 'attempt';
}

/** The pause after a failure of the database. @param random in [0, 1) */
export function outagePauseMs(outages: number, random: number): number {
  return backoffMs(outages, OUTAGE_PAUSE, random);
}

/** Decides what follows a failed try of an event. Pure; `random` is in [0, 1). */
export function afterEventFailure(
  error: unknown,
  { attempts, outages }: FailedTries,
  random: number,
): EventFailureDecision {
  if (kindOfFailure(error) === 'outage') {
    if (outages < MAX_OUTAGES) return { kind: 'again', delayMs: outagePauseMs(outages, random) };
    return { kind: 'give-up', code: 'EVENT_OUTAGES' };
  }
  if (attempts < MAX_ATTEMPTS && !(error instanceof GiveUpError))
    return { kind: 'again', delayMs: backoffMs(attempts, PAUSE, random) };
  return { kind: 'give-up', code: error instanceof TurnpikeError ? error.code : 'EVENT_FAILED' };
}
