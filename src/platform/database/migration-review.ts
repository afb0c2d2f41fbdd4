import { type BreakingChange, findBreakingChanges } from './breaking-changes.js';
import { readConcurrentIndex } from './concurrent-index.js';
import { connectAtStart } from './connect.js';
import { readCatalog } from './database-catalog.js';
import type { Migration } from './migration-folder.js';
import { Migrator } from './migrator.js';

/**
 * Applies a migration to a database that has all earlier ones, and reports the changes that break the previous version.
 */
export async function reviewMigration(url: string, migration: Migration): Promise<readonly BreakingChange[]> {
  const client = await connectAtStart(url);
  try {
    const before = await readCatalog(client);
    await new Migrator(url, async () => [migration]).apply();
    const concurrent = readConcurrentIndex(migration.script) !== null;
    return findBreakingChanges(before, await readCatalog(client), migration.script, concurrent);
  } finally {
    await client.end();
  }
}
