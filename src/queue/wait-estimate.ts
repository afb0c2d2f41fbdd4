import type { Pace } from './backlog.repository.js';

/** How long until it is the turn of the conversation at this position of the line, from 1. Pure. */
export function estimateWaitMs(position: number, { running, turnMs }: Pace): number {
  return (position * (turnMs ?? 0)) / Math.max(1, running);
}

/** The first position that waits for at least as long; null where nothing is known of how fast the line moves. Pure. */
export function firstWorthTelling(pace: Pace, leastMs: number): number | null {
  const each = estimateWaitMs(1, pace);
  return each > 0 ? Math.max(1, Math.ceil(leastMs / each)) : null;
}
