import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { messageOf, TurnpikeError } from '../errors/errors.js';

/** Longer than a PostgreSQL restart, shorter than the patience of a shutdown. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 200;

const logger = new Logger('Database');

/**
 * Records an irreversible event (a finished model call, an answer from the channel) while the database may be
 * restarting: losing the record would repeat the event. The write must be repeatable.
 * @throws a TurnpikeError of `write` at once, any other error when it has failed for ten seconds
 */
export async function retryWrite<T>(write: () => Promise<T>): Promise<T> {
  // Independent of changes of the clock.
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
