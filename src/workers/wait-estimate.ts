import type { Pace } from './backlog.repository.js';

/** The time until the turn of the conversation at this position of the line, from 1. Pure. */
export function estimateWaitMs(position: number, { running, turnMs }: Pace): number {
  return (position * (turnMs ?? 0)) / Math.max(1, running);
}

/** The first position that waits at least this long; null if the speed of the line is unknown. Pure. */
export function firstWorthTelling(pace: Pace, leastMs: number): number | null {
  const each = estimateWaitMs(1, pace);
  return each > 0 ? Math.max(1, Math.ceil(leastMs / each)) : null;
}
