import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `ms`, or at once when `signal` is aborted: the caller looks at its signal anyway. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted.
  }
}

/** For who waits with nothing to break it off. */
export const NEVER: AbortSignal = new AbortController().signal;
