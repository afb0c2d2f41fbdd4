import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `ms`, or at once when `signal` is aborted: the caller checks its signal anyway. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted.
  }
}

/** For callers without a signal. */
export const NEVER: AbortSignal = new AbortController().signal;

/** The reason to abort a signal after its work: without one, Node makes an error and its stack each time. */
export const WORK_ENDED = 'the work has ended';
