import type { CliCommand } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import type { DatabaseSettings } from '../platform/database/database.settings.js';
import { EmbeddedPostgres, embeddedFolder } from '../platform/database/embedded-postgres.js';
import { Migrator } from '../platform/database/migrator.js';

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

/**
 * Applies missing migrations to the database of these settings, embedded or not, and leaves no server running that was
 * not running before. Resolves with the names of the applied migrations.
 * @throws GiveUpError as EmbeddedPostgres and Migrator do
 */
async function migrateDatabase({ url, dataDir }: DatabaseSettings): Promise<readonly string[]> {
  if (url) return new Migrator(url).apply();
  const embedded = new EmbeddedPostgres(embeddedFolder(dataDir));
  try {
    return await new Migrator(await embedded.start()).apply();
  } finally {
    await embedded.stop();
  }
}
