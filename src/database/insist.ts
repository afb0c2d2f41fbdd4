import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { messageOf, TurnpikeError } from '../errors/errors.js';

/** Longer than a PostgreSQL restart, shorter than the patience of a shutdown. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 200;

const logger = new Logger('Database');

/**
 * Writes down what has happened and cannot be undone (a finished model call, an answer from the channel), although the
 * database may just be restarting: losing it would mean doing it again. The write must be repeatable.
 * @throws a TurnpikeError of `write` at once, anything else when it has failed for ten seconds
 */
export async function insist<T>(write: () => Promise<T>): Promise<T> {
  // No setting of the clock makes it shorter or longer.
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof TurnpikeError || performance.now() > until) throw error;
      logger.warn({ msg: 'write repeated', error: messageOf(error) });
      await pause(PAUSE_MS);
    }
  }
}
