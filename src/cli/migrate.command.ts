import { migrateDatabase } from '../platform/database/migrate.js';
import type { CliCommand } from './cli-command.js';
import type { CliSession } from './cli-session.js';

/** Applies missing migrations, as each start of a process does. */
export function addMigrate(program: CliCommand, session: CliSession): void {
  program
    .command('migrate')
    .description('bring the database up to date')
    .action(async () => {
      const applied = await migrateDatabase(session.settings().database);
      for (const name of applied) session.print(`applied ${name}`);
      if (applied.length === 0) session.print('nothing to apply');
    });
}
