/** How a model has been doing of late, as all workers know it. One that does well has none. */
export interface Circuit {
  /** Failures in a row; two that lie further apart than `FORGET_MS` are no row. */
  readonly failures: number;
  /** Times it opened since it last did well. */
  readonly trips: number;
  /** The code of the last failure. */
  readonly code: string;
  /** That failure stays until somebody mends its cause: a key, a model's name. */
  readonly lasting: boolean;
  /** Null: closed, the model is asked. Else the model is not asked for so long; at 0, by one worker. */
  readonly waitMs: number | null;
}

export interface CircuitFailure {
  readonly code: string;
  readonly lasting: boolean;
  /** How long the provider asked not to be called; null: it did not say. */
  readonly retryAfterMs: number | null;
}

/** Failures in a row that open a circuit. */
export const FAILURES_TO_OPEN = 3;
/** A failure this long ago says nothing about the model any more. */
export const FORGET_MS = 60_000;
/** How long a circuit stays open for the first time; doubles each time that it opens again. */
export const OPEN_MS = 10_000;
export const MAX_OPEN_MS = 5 * 60_000;
/** A pause that a provider asks for is kept in front of the next model where it is no longer than this. */
export const SHORT_PAUSE_MS = 2_000;

/**
 * What a failure makes of a circuit: several in a row open it; one alone does where the model will fail again, because of
 * its key or name or because the provider said for how long. Pure.
 */
export function afterFailure(circuit: Circuit | null, failure: CircuitFailure): Circuit {
  const { code, lasting, retryAfterMs } = failure;
  const failures = Math.min((circuit?.failures ?? 0) + 1, 1_000_000);
  const trips = circuit?.trips ?? 0;
  const asked = retryAfterMs !== null && retryAfterMs > SHORT_PAUSE_MS;
  if (trips === 0 && failures < FAILURES_TO_OPEN && !lasting && !asked) {
    return { failures, trips, code, lasting, waitMs: null };
  }
  const openMs = Math.max(OPEN_MS * 2 ** Math.min(trips, 20), retryAfterMs ?? 0);
  return {
    failures,
    trips: Math.min(trips + 1, 1_000),
    code,
    lasting,
    waitMs: Math.min(openMs, MAX_OPEN_MS),
  };
}

/** Of models that are all not to be asked the one to ask all the same: what may have passed before what lasts. Pure. */
export function leastBad<T extends { readonly circuit: Circuit }>(refused: readonly T[]): T | undefined {
  const badness = ({ circuit }: T) => (circuit.lasting ? 1e12 : 0) + (circuit.waitMs ?? 0);
  return refused.toSorted((a, b) => badness(a) - badness(b))[0];
}
