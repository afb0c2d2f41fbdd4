import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { messageOf } from '../errors/errors.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { draftMigrations } from './migration-draft.js';
import { findPrismaFolder } from './migration-folder.js';
import { reviewMigration } from './breaking-changes.js';
import { Migrator } from './migrator.js';
import { sqlToReachSchema } from './schema-diff.js';

/**
 * Writes the next migration: `npm run migration:new -- add_triggers`. It applies the existing ones to an empty,
 * temporary embedded database, and writes the differences of `prisma/schema.prisma`. Then it tries the result, and
 * reports changes that the previous version cannot work with. Read the result, and add by hand what Prisma cannot
 * express; it runs as one transaction, so it must contain no COMMIT.
 * @returns lines for the terminal
 */
async function writeMigrations(name: string): Promise<readonly string[]> {
  Logger.overrideLogger(['warn', 'error']);
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-migration-'));
  const embedded = new EmbeddedPostgres(folder);
  try {
    const url = await embedded.start();
    await new Migrator(url).apply();
    const sql = await sqlToReachSchema(url);
    if (sql === '') return ['the migrations already reach the schema'];
    const lines: string[] = [];
    for (const migration of draftMigrations(sql, name, new Date())) {
      const target = join(findPrismaFolder(), 'migrations', migration.name);
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'migration.sql'), migration.script);
      lines.push(target);
      for (const { subject, problem } of await reviewMigration(url, migration)) {
        lines.push(`  breaks the version before: ${subject}: ${problem}`);
      }
    }
    return lines;
  } finally {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const [name = ''] = process.argv.slice(2);
if (/^[a-z0-9_]+$/.test(name)) {
  try {
    process.stdout.write(`${(await writeMigrations(name)).join('\n')}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write('usage: write-migration.js NAME, of a-z, 0-9 and _ (for example add_triggers)\n');
  process.exitCode = 2;
}
