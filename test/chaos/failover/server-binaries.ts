import { accessSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
const needed = ['initdb', 'postgres', 'pg_basebackup'];

/**
 * Finds the programs of a PostgreSQL with replication, as Debian installs them: the embedded one has no
 * `pg_basebackup`.
 * @returns the folder of the newest version; null if there is none
 */
export function findServerBinaries(): string | null {
  const versions = listOf(DEBIAN).toSorted((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(DEBIAN, version, 'bin')).find(isComplete) ?? null;
}

function isComplete(folder: string): boolean {
  try {
    for (const program of needed) accessSync(join(folder, program));
    return true;
  } catch {
    return false;
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
