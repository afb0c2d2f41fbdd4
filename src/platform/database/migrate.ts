import type { DatabaseSettings } from './database.settings.js';
import { EmbeddedPostgres, embeddedFolder } from './embedded-postgres.js';
import { Migrator } from './migrator.js';

/**
 * Applies missing migrations to the database of these settings, embedded or not, and leaves no server running that was
 * not running before. Resolves with the names of the applied migrations.
 * @throws GiveUpError as EmbeddedPostgres and Migrator do
 */
export async function migrateDatabase({ url, dataDir }: DatabaseSettings): Promise<readonly string[]> {
  if (url) return new Migrator(url).apply();
  const embedded = new EmbeddedPostgres(embeddedFolder(dataDir));
  try {
    return await new Migrator(await embedded.start()).apply();
  } finally {
    await embedded.stop();
  }
}
