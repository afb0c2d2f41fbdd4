import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors/errors.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { findPrismaFolder } from './migration-folder.js';
import { Migrator } from './migrator.js';
import { sqlToReachSchema } from './schema-diff.js';

/**
 * Writes the next migration: `node dist/database/write-migration.js add_triggers`. It applies the existing ones to an
 * empty database, an embedded one that is thrown away, and writes down what `prisma/schema.prisma` has beyond them.
 * Read what it wrote, and add by hand what Prisma cannot express; it runs as one transaction, so no COMMIT in it.
 */
async function writeMigration(name: string): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-migration-'));
  const embedded = new EmbeddedPostgres(folder);
  try {
    const url = await embedded.start();
    await new Migrator(url).apply();
    const sql = await sqlToReachSchema(url);
    if (sql === '') return null;
    const target = join(findPrismaFolder(), 'migrations', `${timestamp(new Date())}_${name}`);
    await mkdir(target, { recursive: true });
    await writeFile(join(target, 'migration.sql'), `${sql}\n`);
    return target;
  } finally {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As Prisma names its folders: 20261123000000. */
function timestamp(time: Date): string {
  return time.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

const [name = ''] = process.argv.slice(2);
if (/^[a-z0-9_]+$/.test(name)) {
  try {
    const target = await writeMigration(name);
    process.stdout.write(target ? `${target}\n` : 'the migrations already reach the schema\n');
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write('usage: write-migration.js NAME, of a-z, 0-9 and _ (for example add_triggers)\n');
  process.exitCode = 2;
}
