/** The result of a take. */
export interface WindowHits {
  /** Units granted, 0 to `wanted`. */
  readonly granted: number;
  /** Milliseconds, rounded up, until at least one more unit is available; 0 when all were granted. */
  readonly retryAfterMs: number;
  /** Units inside the window after this take. */
  readonly used: number;
  /** The time of the decision, in milliseconds since 1970 by the clock all processes share. */
  readonly at: number;
}

/**
 * A true sliding-window log: in any window of `periodMs` a key is granted at most `limit` units, over all processes. A
 * unit granted at time t is inside while less than `periodMs` has passed since t. Time is the store's, never a
 * process's. When that clock is set back, units that seem to lie in the future count as granted now: the limit holds,
 * and a key waits one period at most. When it is set forward, windows end early; this cannot be detected.
 */
export abstract class SlidingWindow {
  /**
   * Takes up to `wanted` units, as many as are available. Refused units are not counted, so asking again costs nothing.
   * @param wanted whole, 1 or more
   * @param limit whole, 1 or more
   * @param periodMs whole milliseconds, 1 or more
   * @throws the store's error while it cannot be reached; a take that timed out may have been counted
   */
  abstract takeHits(key: string, wanted: number, limit: number, periodMs: number): Promise<WindowHits>;

  /** Deletes a key's window: the key starts anew. @throws while the store cannot be reached */
  abstract forget(key: string): Promise<void>;
}
