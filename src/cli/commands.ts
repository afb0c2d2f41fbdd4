import { envExample } from '../config/env-example.js';
import { migrateDatabase } from '../database/migrate.js';
import type { CliCommand } from './cli-command.js';
import { deadLetters } from './dead-letters.command.js';
import { webhook } from './webhook.command.js';

const migrate: CliCommand = {
  name: 'migrate',
  usage: 'migrate',
  does: 'brings the database up to date',
  run: async (_args, settings) => {
    const applied = await migrateDatabase(settings.database);
    return applied.length > 0 ? applied.map((name) => `applied ${name}`) : ['nothing to apply'];
  },
};

const environment: CliCommand = {
  name: 'env-example',
  usage: 'env-example',
  does: 'prints the text of .env.example',
  run: () => Promise.resolve([envExample().trimEnd()]),
};

const commands: readonly CliCommand[] = [migrate, webhook, deadLetters, environment];

export function findCommand(name: string | undefined): CliCommand | undefined {
  return commands.find((command) => command.name === name);
}

export function usage(): string {
  const lines = commands.map((command) => `  ${command.usage.padEnd(46)} ${command.does}`);
  return ['usage: npm run cli -- <command>', ...lines].join('\n');
}
