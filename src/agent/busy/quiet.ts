/** A message that waits for a turn. */
export interface Waiting {
  /** Since it was received, by the database's clock. */
  readonly ageMs: number;
  /** One of several that were sent together. */
  readonly inBatch: boolean;
}

/** Albums and forwarded messages come as single updates, a few tens of milliseconds apart. */
const BATCH_QUIET_MS = 500;
/** However long a user goes on writing, an answer begins then. */
const MAX_WAIT_MS = 30_000;

/**
 * How long a turn still waits for more to come before it takes these messages; 0: no longer. Pure.
 * @param collectMs how long the user has to be quiet; 0 where the chat does not collect
 */
export function quietLeftMs(waiting: readonly Waiting[], collectMs: number): number {
  const left = waiting.map(({ ageMs, inBatch }) => Math.max(collectMs, inBatch ? BATCH_QUIET_MS : 0) - ageMs);
  const atMost = MAX_WAIT_MS - Math.max(0, ...waiting.map(({ ageMs }) => ageMs));
  return Math.max(0, Math.min(Math.max(0, ...left), atMost));
}
