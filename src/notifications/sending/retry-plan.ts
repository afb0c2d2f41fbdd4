const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The pauses behind failed attempts: eight attempts in some 28 hours. */
const PAUSES_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
];
/** The part of a pause by which it may be longer: endpoints that failed together are not called together. */
const JITTER = 0.2;

/** An endpoint that has failed for so long is disabled. */
export const MAX_FAILING_MS = 5 * 24 * HOUR_MS;

/**
 * The pause behind a failed attempt, in milliseconds; null: it was the last one. Pure.
 * @param attempts so far, from 1
 * @param chance in [0, 1)
 */
export function retryInMs(attempts: number, chance: number): number | null {
  const pauseMs = PAUSES_MS[attempts - 1];
  return pauseMs === undefined ? null : Math.round(pauseMs * (1 + JITTER * chance));
}
