import { envExample } from '../settings/env-example.js';
import type { CliCommand } from './cli-command.js';
import type { CliSession } from './cli-session.js';

/** Prints `.env.example` from the settings classes. */
export function addEnvExample(program: CliCommand, session: CliSession): void {
  program
    .command('env-example')
    .description('print the text of .env.example')
    .action(() => session.print(envExample().trimEnd()));
}
