import { readFileSync } from 'node:fs';
import { addChats } from './chats.command.js';
import { CliCommand } from './cli-command.js';
import type { CliSession, TextSink } from './cli-session.js';
import { addDeadLetters } from './dead-letters.command.js';
import { addDoctor } from './doctor.command.js';
import { addEnvExample } from './env-example.command.js';
import { addMigrate } from './migrate.command.js';
import { addPairing } from './pairing.command.js';
import { addPeople } from './people.command.js';
import { addSend } from './send.command.js';
import { addWebhook } from './webhook.command.js';

/** The width without a terminal. */
const HELP_WIDTH = 80;

/** In the order in which the help lists them. */
const adders = [
  addDoctor,
  addWebhook,
  addChats,
  addSend,
  addPairing,
  addPeople,
  addDeadLetters,
  addMigrate,
  addEnvExample,
];

/** All commands of the command line, for one call. */
export function buildProgram(session: CliSession, out: TextSink): CliCommand {
  const program = new CliCommand('npm run cli --')
    .description('Looks after a Turnpike, with the settings of its server.')
    .version(versionOfPackage())
    // Options behind a command belong to the command: `send 5 x --version` does not ask for the version.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void out.write(session.clean(text)),
      getOutHelpWidth: () => out.columns ?? HELP_WIDTH,
    })
    .addHelpText(
      'after',
      '\nThe exit code is 0; 1 where something could not be done or is to be mended; 2 for a wrong call.',
    );
  for (const add of adders) add(program, session);
  return program;
}

/** The same file from `src/cli/` and `dist/cli/`. */
function versionOfPackage(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return version;
}
