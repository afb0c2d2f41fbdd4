import { Logger } from '@nestjs/common';
import type { RunningApplication } from './application.js';
import { messageOf, TurnpikeError } from './errors/errors.js';
import type { Redactor } from './errors/redactor.js';

/** However an orderly end is held up, the process is gone by then. */
const END_WITHIN_MS = 12_000;

const logger = new Logger('Turnpike');

/**
 * Starts the application and ends the process with it: SIGTERM or SIGINT end it in order with exit code 0, a second one at
 * once. A failed start says why on standard error, without the secrets it may quote, and exits with 1.
 * @param redactor asked for when something has failed
 */
export async function runUntilSignal(
  start: () => Promise<RunningApplication>,
  redactor: () => Redactor,
): Promise<void> {
  const fail = (error: unknown): never => {
    process.stderr.write(`${failureText(error, redactor())}\n`);
    process.exit(1);
  };
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve(signal);
      });
    }
  });
  const application = await start().catch((error: unknown) => fail(error));
  announce(application);
  const signal = await asked;
  logger.log({ msg: 'stopping', signal });
  setTimeout(() => {
    logger.error({ msg: 'did not stop in time' });
    process.exit(1);
  }, END_WITHIN_MS).unref();
  await application.stop().catch((error: unknown) => fail(error));
  process.exit(0);
}

/** What an operator reads of a failed start: of what we know the message and a hint, of the rest where it arose. */
export function failureText(error: unknown, redactor: Redactor): string {
  const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
  const known = error instanceof TurnpikeError;
  const text = known || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
  return redactor.text(`${text}${hint}`);
}

function announce({ url, settings, standIns }: RunningApplication): void {
  logger.log({ msg: 'listening', url, role: settings.server.role });
  if (standIns.simulator)
    logger.log({ msg: 'talk to the bot in your browser', playground: `${url}/playground` });
}
