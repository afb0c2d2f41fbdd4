import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GiveUpError } from '../errors/errors.js';

/** One folder of `prisma/migrations`. */
export interface Migration {
  readonly name: string;
  readonly script: string;
  /** SHA-256 of the script, as Prisma records it. */
  readonly checksum: string;
}

/** The project's `prisma` folder: relative to this file, in `src` or in `dist`, wherever the process was started. */
export function findPrismaFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma');
    if (existsSync(join(candidate, 'schema.prisma'))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new GiveUpError(
    'MIGRATIONS_MISSING',
    'there is no folder prisma/ above the program',
    'Install prisma/schema.prisma and prisma/migrations beside dist/.',
  );
}

/** All migrations in the order of their names, which begin with a time. */
export async function readMigrations(
  folder = join(findPrismaFolder(), 'migrations'),
): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      return makeMigration(name, await readFile(join(folder, name, 'migration.sql'), 'utf8'));
    }),
  );
}

/** A migration of this script, which need not be in the folder. */
export function makeMigration(name: string, script: string): Migration {
  return { name, script, checksum: createHash('sha256').update(script).digest('hex') };
}
