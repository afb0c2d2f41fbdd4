/** A message that waits for a turn. */
export interface WaitingMessage {
  /** Milliseconds since it was received, by the database's clock. */
  readonly ageMs: number;
  /** One of several that were sent together. */
  readonly inBatch: boolean;
}

/** Albums and forwarded messages come as single updates, a few tens of milliseconds apart. */
const BATCH_QUIET_MS = 500;
/** An answer begins after this long, even if the user is still writing. */
const MAX_WAIT_MS = 30_000;

/**
 * The time for which a turn still waits for more messages before it claims these; 0: it claims them now. Pure.
 * @param collectMs the required pause of the user; 0 if the chat does not collect
 */
export function quietLeftMs(waiting: readonly WaitingMessage[], collectMs: number): number {
  const left = waiting.map(({ ageMs, inBatch }) => Math.max(collectMs, inBatch ? BATCH_QUIET_MS : 0) - ageMs);
  const atMost = MAX_WAIT_MS - Math.max(0, ...waiting.map(({ ageMs }) => ageMs));
  return Math.max(0, Math.min(Math.max(0, ...left), atMost));
}
