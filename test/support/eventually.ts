import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for something to become true: runs `check` until it neither throws nor rejects, and resolves with what it gave.
 * Whether a test passes does not depend on how fast that was, within the generous limit.
 * @throws what the last check threw, once `withinMs` are over
 */
export async function eventually<T>(check: () => T | Promise<T>, { withinMs = 20_000 } = {}): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await pause(POLL_MS);
  }
}
