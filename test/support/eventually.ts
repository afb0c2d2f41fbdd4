import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until a condition holds: runs `check` until it neither throws nor rejects, and resolves with its result. A
 * test's outcome does not depend on the speed, within the generous limit.
 * @throws the error of the last check, once `withinMs` are over
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
