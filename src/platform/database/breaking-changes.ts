import { type CatalogEntry, readCatalog } from './database-catalog.js';
import { readConcurrentIndex } from './concurrent-index.js';
import { connectAtStart } from './connect.js';
import type { Migration } from './migration-folder.js';
import { Migrator } from './migrator.js';

/** A change that the previous version cannot work with. */
export interface BreakingChange {
  /** The name of the changed object, for example `events.late_edit`. */
  readonly subject: string;
  readonly problem: string;
}

/** `-- contracts events.late_edit: no version since 1.2 reads it` */
const allowance = /^-- contracts (\S+): \S/gm;

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

/**
 * Finds changes of a migration that break the previous version, which runs while it is applied and after: an object
 * which that version reads or writes is gone or changed, one of its INSERTs is refused, or a table is locked for as
 * long as PostgreSQL reads all of it. Compares the database before and after, so the wording of the migration does not
 * matter.
 *
 * A later release may remove what its predecessor no longer needs: its script then says so, with a reason, in a line
 * like `-- contracts events.late_edit: no version since 1.2 reads it`.
 * @param script of the migration between the two
 * @param concurrent it builds its index without a transaction
 */
function findBreakingChanges(
  before: readonly CatalogEntry[],
  after: readonly CatalogEntry[],
  script: string,
  concurrent: boolean,
): readonly BreakingChange[] {
  const old = byId(before);
  const now = byId(after);
  const changes = [
    ...before.filter(({ table }) => table === null || now.has(table)).map((entry) => changed(entry, now)),
    ...after
      .filter(({ id, table }) => !old.has(id) && table !== null && old.has(table))
      .map((entry) => added(entry, old, now, concurrent)),
  ];
  const allowed = new Set([...script.matchAll(allowance)].map(([, subject]) => subject));
  return changes.filter((change) => change !== null).filter(({ subject }) => !allowed.has(subject));
}

function byId(entries: readonly CatalogEntry[]): ReadonlyMap<string, CatalogEntry> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}

/** Objects that the previous version knows. A dropped table is one change, with everything that belongs to it. */
function changed(entry: CatalogEntry, now: ReadonlyMap<string, CatalogEntry>): BreakingChange | null {
  const { name: subject, kind } = entry;
  const next = now.get(entry.id);
  if (!next) return { subject, problem: `the ${kind} is dropped` };
  if (lastPart(next.name) !== lastPart(subject)) {
    return { subject, problem: `the ${kind} is renamed to ${next.name}` };
  }
  if (kind === 'table' && next.detail !== entry.detail) {
    return { subject, problem: 'the table is written anew, and locked meanwhile' };
  }
  if (kind !== 'column') return null;
  if (next.detail !== entry.detail) {
    return { subject, problem: `the type is changed from ${entry.detail} to ${next.detail}` };
  }
  if (next.refuses && !entry.refuses) return { subject, problem: 'the column no longer takes null' };
  if (next.refuses && entry.filled && !next.filled) return { subject, problem: 'the default is dropped' };
  return null;
}

/** Objects new to the previous version, in a table that it knows. */
function added(
  entry: CatalogEntry,
  old: ReadonlyMap<string, CatalogEntry>,
  now: ReadonlyMap<string, CatalogEntry>,
  concurrent: boolean,
): BreakingChange | null {
  const { name: subject, kind } = entry;
  if (kind === 'column') {
    if (!entry.refuses || entry.filled) return null;
    return { subject, problem: 'the column is added without a default, and does not take null' };
  }
  const indexed = kind === 'index' || (kind === 'constraint' && ['p', 'u', 'x'].includes(entry.detail ?? ''));
  if (indexed && !concurrent) {
    return {
      subject,
      problem: `the ${kind} builds an index without CONCURRENTLY: the table is locked meanwhile`,
    };
  }
  // Rows of the previous version have null there: a constraint on the column does not refuse them.
  const spares = entry.columns.some((id) => {
    const column = now.get(id);
    return column && !old.has(id) && !column.refuses && !column.filled;
  });
  if (!entry.refuses || spares) return null;
  return { subject, problem: `the ${kind} refuses rows that the version before may write` };
}

/** Without the table of a column, or the type of a value: renaming those is a change of its own. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
