import { envExample } from '../config/env-example.js';
import { migrateDatabase } from '../database/migrate.js';
import type { CliCommand } from './cli-command.js';
import { chats } from './chats.command.js';
import { deadLetters } from './dead-letters.command.js';
import { doctor } from './doctor/doctor.command.js';
import { pairing } from './pairing.command.js';
import { people } from './people.command.js';
import { send } from './send.command.js';
import { webhook } from './webhook.command.js';

const migrate: CliCommand = {
  name: 'migrate',
  usage: 'migrate',
  does: 'brings the database up to date',
  run: async (_args, settings, print) => {
    const applied = await migrateDatabase(settings.database);
    for (const name of applied) print(`applied ${name}`);
    if (applied.length === 0) print('nothing to apply');
  },
};

const environment: CliCommand = {
  name: 'env-example',
  usage: 'env-example',
  does: 'prints the text of .env.example',
  run: (_args, _settings, print) => {
    print(envExample().trimEnd());
    return Promise.resolve();
  },
};

const commands: readonly CliCommand[] = [
  doctor,
  webhook,
  chats,
  send,
  pairing,
  people,
  deadLetters,
  migrate,
  environment,
];

export function findCommand(name: string | undefined): CliCommand | undefined {
  return commands.find((command) => command.name === name);
}

export function usage(): string {
  const lines = commands.map((command) => `  ${command.usage.padEnd(46)} ${command.does}`);
  return ['usage: npm run cli -- <command>', ...lines].join('\n');
}
