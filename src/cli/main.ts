import { Logger } from '@nestjs/common';
import { readEnvironment } from '../config/environment.js';
import { loadSettings } from '../config/settings.js';
import { messageOf, TurnpikeError } from '../errors/errors.js';
import { findCommand, usage } from './commands.js';
import { quietLogger } from './with-context.js';

const [name, ...args] = process.argv.slice(2);
const command = findCommand(name);
if (!command) {
  process.stderr.write(`${name === undefined ? '' : `there is no command "${name}"\n`}${usage()}\n`);
  process.exit(name === undefined || name === 'help' ? 0 : 2);
}
try {
  const settings = loadSettings(readEnvironment());
  Logger.overrideLogger(quietLogger(settings));
  const lines = await command.run(args, settings);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
} catch (error) {
  const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exitCode = 1;
}
