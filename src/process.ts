import { Logger } from '@nestjs/common';
import type { RunningApplication } from './application.js';
import { messageOf, TurnpikeError } from './platform/errors/errors.js';
import type { Redactor } from './platform/errors/redactor.js';
import { watchForebears } from './platform/runtime/forebears.js';
import { keepOwners } from './platform/errors/kept-owners.js';
import { refuseOwnedEnds } from './platform/errors/owned-ends.js';
import { ownerOfStrayError, StrayError } from './platform/errors/stray-errors.js';
import { startSummary } from './start-summary.js';

/** The process exits by then even if an orderly end is delayed. */
const END_WITHIN_MS = 12_000;

/** One Ctrl-C reaches this process several times: from the terminal, from nest and from npm. */
const SAME_SIGNAL_MS = 1_000;

const logger = new Logger('Turnpike');

/**
 * Starts the application and ends the process with it. SIGTERM, SIGINT or SIGHUP end it in order with exit code 0, even
 * while it starts; so does the end of the npm that started it, or of the reader of its output. A second SIGTERM or
 * SIGINT, at least a second later, ends it at once. A failed start prints the reason on standard error, without the
 * secrets it may quote, and exits with 1.
 * @param start its signal is aborted when the process is asked to end
 * @param redactor called when something has failed
 */
export async function runUntilSignal(
  start: (stopping: AbortSignal) => Promise<RunningApplication>,
  redactor: () => Redactor,
): Promise<void> {
  const fail = (error: unknown): never => {
    process.stderr.write(`${failureText(error, redactor())}\n`);
    process.exit(1);
  };
  const asked = askedToEnd();
  const application = await start(asked).catch((error: unknown) => {
    if (asked.aborted) process.exit(0);
    return fail(error);
  });
  outliveOwnedErrors();
  if (!asked.aborted) {
    logger.log({ msg: 'listening', ...startSummary(application) });
    await new Promise((resolve) => asked.addEventListener('abort', resolve, { once: true }));
  }
  await application.stop().catch((error: unknown) => fail(error));
  process.exit(0);
}

/** Aborted when the process is asked to end. From then on it has a limited time. */
function askedToEnd(): AbortSignal {
  const asked = new AbortController();
  let since = Number.POSITIVE_INFINITY;
  const end = (reason: string) => {
    if (asked.signal.aborted) return;
    since = performance.now();
    logger.log({ msg: 'stopping', signal: reason });
    setTimeout(() => {
      logger.error({ msg: 'did not stop in time' });
      process.exit(1);
    }, END_WITHIN_MS).unref();
    asked.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (performance.now() - since > SAME_SIGNAL_MS) process.exit(130);
      end(signal);
    });
  }
  // A logger, too, sends SIGHUP when its lines have no reader any more.
  process.on('SIGHUP', () => end('SIGHUP'));
  for (const stream of [process.stdout, process.stderr])
    // There is no reader any more; a full disk is no reason to end.
    stream.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE' || code === 'EIO') end(code);
    });
  void watchForebears(() => end('npm is gone'));
  return asked.signal;
}

/**
 * Lets the process survive uncaught errors whose owner is known, a tool's call or a turn, which then fails. Any other
 * uncaught error ends the process at once, because its state is unknown.
 */
export function outliveOwnedErrors(): void {
  const heed = (error: unknown): void => {
    const owner = ownerOfStrayError();
    if (!owner) {
      logger.error({ msg: 'an error that nobody owns ends the process', err: error });
      process.exit(1);
    }
    logger.warn({ msg: 'an error that nobody caught', owner: owner.name, err: error });
    owner.fail(new StrayError(error));
  };
  process.on('uncaughtException', heed);
  process.on('unhandledRejection', heed);
  keepOwners(heed);
  refuseOwnedEnds();
}

/** The message of a failed start: of a known error its message and a hint, of any other one its stack. */
export function failureText(error: unknown, redactor: Redactor): string {
  const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
  const known = error instanceof TurnpikeError;
  const text = known || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
  return redactor.text(`${text}${hint}`);
}
