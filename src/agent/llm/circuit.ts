/** A model's recent failures, as all workers know them. A healthy one has none. */
export interface Circuit {
  /** Failures in a row; two that are more than `FORGET_MS` apart do not count as a row. */
  readonly failures: number;
  /** Openings since its last success. */
  readonly trips: number;
  /** The code of the last failure. */
  readonly code: string;
  /** The failure lasts until an operator fixes its cause: a key, a model's name. */
  readonly lasting: boolean;
  /** Null: closed, the model is asked. Otherwise the model is not asked for this long; at 0, one worker asks it. */
  readonly waitMs: number | null;
}

export interface CircuitFailure {
  readonly code: string;
  readonly lasting: boolean;
  /** The pause that the provider asked for; null: none. */
  readonly retryAfterMs: number | null;
}

/** Failures in a row that open a circuit. */
export const FAILURES_TO_OPEN = 3;
/** A failure this old says nothing about the model any more. */
export const FORGET_MS = 60_000;
/** The first open time of a circuit; it doubles with each further opening. */
export const OPEN_MS = 10_000;
export const MAX_OPEN_MS = 5 * 60_000;
/** A pause up to this long is not shortened by trying the next model. */
export const SHORT_PAUSE_MS = 2_000;

/**
 * The state of a circuit after a failure: several in a row open it; one alone opens it if the model will fail again,
 * because of its key or name or because the provider named a pause. Pure.
 */
export function circuitAfterFailure(circuit: Circuit | null, failure: CircuitFailure): Circuit {
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

/** The model to ask when all circuits are open: temporary failures before lasting ones. Pure. */
export function leastBad<T extends { readonly circuit: Circuit }>(refused: readonly T[]): T | undefined {
  const badness = ({ circuit }: T) => (circuit.lasting ? 1e12 : 0) + (circuit.waitMs ?? 0);
  return refused.toSorted((a, b) => badness(a) - badness(b))[0];
}
