export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The pause before try `attempt` + 1: doubles from `baseMs` up to `maxMs`. Its upper half is random, so that tries that
 * failed together do not repeat together.
 * @param attempt failed tries so far, from 1
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: Backoff, random: number): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full / 2 + (full / 2) * random);
}
