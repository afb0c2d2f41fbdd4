/** The result of `decide` for a window's hits. */
export interface WindowDecision {
  readonly granted: number;
  readonly retryAfterMs: number;
  readonly used: number;
  /** The hits to store: those still inside, oldest first, the granted ones at the end. */
  readonly hits: readonly number[];
}

/**
 * The sliding window as arithmetic. The Lua script and the SQL statement do the same; the conformance suite compares
 * them with this function, take by take.
 * @param hits times of the units granted so far, in milliseconds since 1970, oldest first
 */
export function decideWindow(
  hits: readonly number[],
  now: number,
  wanted: number,
  limit: number,
  periodMs: number,
): WindowDecision {
  // A hit in the future was granted before the clock was set back: it happened by now at the latest.
  const inside = hits.map((hit) => Math.min(hit, now)).filter((hit) => now - hit < periodMs);
  const granted = Math.max(0, Math.min(wanted, limit - inside.length));
  const kept = [...inside, ...Array.from({ length: granted }, () => now)];
  return {
    granted,
    retryAfterMs: retryAfter(kept, now, wanted - granted, limit, periodMs),
    used: kept.length,
    hits: kept,
  };
}

/** More than `limit` hits are inside after the limit was lowered: several must leave before one is available. */
function retryAfter(
  hits: readonly number[],
  now: number,
  refused: number,
  limit: number,
  periodMs: number,
): number {
  const blocking = hits[hits.length - limit];
  return refused === 0 || blocking === undefined ? 0 : Math.ceil(periodMs - (now - blocking));
}
