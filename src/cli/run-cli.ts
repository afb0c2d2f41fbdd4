import { Logger } from '@nestjs/common';
import type { Environment } from '../config/read-settings.js';
import { secretsOf } from '../config/setting-secrets.js';
import { loadSettings } from '../config/settings.js';
import { messageOf, TurnpikeError } from '../errors/errors.js';
import { Redactor } from '../errors/redactor.js';
import { UsageError } from './cli-command.js';
import { findCommand, usage } from './commands.js';
import { type Input, readInput } from './read-input.js';
import { onTerminal } from './printable.js';
import { quietLogger } from './with-context.js';

/** Where text goes; standard output and error are such. */
export interface TextSink {
  write(text: string): unknown;
}

/**
 * Runs one command: what it has to say goes to `out`, what went wrong to `err`, both without the secrets of the settings,
 * which a provider may quote, and without signs that would steer a terminal or not be seen.
 * @param input standard input; read by who asks for it
 * @returns the exit code: 0, 1 where it could not be done, 2 where it was called wrongly
 */
export async function runCli(
  [name, ...args]: readonly string[],
  environment: () => Environment,
  out: TextSink,
  err: TextSink,
  input: Input = [],
): Promise<number> {
  const command = findCommand(name);
  if (!command) {
    const asked = name === undefined || isHelp(name);
    (asked ? out : err).write(onTerminal(`${asked ? '' : `there is no command "${name}"\n`}${usage()}\n`));
    return asked ? 0 : 2;
  }
  if (args[0] !== undefined && isHelp(args[0])) {
    out.write(`usage: npm run cli -- ${command.usage}\n${command.does}\n`);
    return 0;
  }
  let redactor = new Redactor([]);
  try {
    const settings = loadSettings(environment());
    redactor = new Redactor(secretsOf(settings));
    Logger.overrideLogger(quietLogger(settings));
    await command.run(
      args,
      settings,
      (line) => void out.write(`${onTerminal(redactor.text(line))}\n`),
      () => readInput(input),
    );
    return 0;
  } catch (error) {
    const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
    err.write(`${onTerminal(redactor.text(`${messageOf(error)}${hint}`))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

const isHelp = (word: string): boolean => ['help', '--help', '-h'].includes(word);
