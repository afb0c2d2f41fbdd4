import { GiveUpError, RetryLaterError } from '../../../platform/errors/errors.js';
import { backoffMs } from '../../../platform/runtime/backoff.js';

/** Tries of a summary until there are new messages. */
export const MAX_SUMMARY_TRIES = 5;
const RETRY = { baseMs: 5_000, maxMs: 300_000 };

/** The pause before a failed summary is retried; null: only after new messages. Pure; `random` is in [0, 1). */
export function nextTryMs(error: unknown, attempts: number, random: number): number | null {
  if (error instanceof GiveUpError || attempts >= MAX_SUMMARY_TRIES) return null;
  const asked = error instanceof RetryLaterError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, backoffMs(attempts, RETRY, random));
}

/** Between 5 and 10 minutes: running turns may give back what they reserved, and a day has an end. */
const BUDGET_PAUSE_MS = 600_000;

/** The pause before a summary that a budget refused is retried. Pure; `random` is in [0, 1). */
export function budgetPauseMs(random: number): number {
  return Math.round((BUDGET_PAUSE_MS * (1 + random)) / 2);
}
