import { CommanderError } from 'commander';
import type { Environment } from '../platform/config/read-settings.js';
import { messageOf, TurnpikeError } from '../platform/errors/errors.js';
import { UsageError } from './cli-command.js';
import { CliSession, type TextSink } from './cli-session.js';
import { buildProgram } from './program.js';
import type { Input } from './read-input.js';

/**
 * Runs one command: its output goes to `out`, its errors to `err`.
 * @param input standard input; read by a command that needs it
 * @returns the exit code: 0; 1 for a failure; 2 for wrong usage
 */
export async function runCli(
  words: readonly string[],
  environment: () => Environment,
  out: TextSink,
  err: TextSink,
  input: Input = [],
): Promise<number> {
  const session = new CliSession(environment, out, err, input);
  try {
    await buildProgram(session, out).parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    // Help or the version was shown: errors of commander are UsageErrors.
    if (error instanceof CommanderError) return 0;
    if (error instanceof UsageError) readSecrets(session);
    const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
    err.write(`${session.clean(`${messageOf(error)}${hint}`)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** For a wrong call, which is quoted before the settings are read. Errors of the settings do not matter here. */
function readSecrets(session: CliSession): void {
  try {
    session.settings();
  } catch {
    // Without settings there are no secrets to hide.
  }
}
