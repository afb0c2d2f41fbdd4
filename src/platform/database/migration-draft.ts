import { makeMigration, type Migration } from './migration-folder.js';

/** Prisma separates its statements by empty lines, each under a comment that describes it. */
const indexed = /^-- CreateIndex\nCREATE (?<unique>UNIQUE )?INDEX "(?<name>\w+)" ON "(?<table>\w+)"/;

/**
 * Makes migrations from the output of Prisma's schema engine: one script, and one more for each index on an existing
 * table. Such an index is built without blocking writes, which no transaction allows.
 * @param sql as `sqlToReachSchema` returns it
 * @param name of a-z, 0-9 and _
 */
export function draftMigrations(sql: string, name: string, time: Date): readonly Migration[] {
  const created = new Set([...sql.matchAll(/^CREATE TABLE "(\w+)"/gm)].map(([, table = '']) => table));
  const folder = `${timestamp(time)}_${name}`;
  const script: string[] = [];
  const indexes: Migration[] = [];
  for (const statement of sql.trim().split('\n\n-- ').map(withComment)) {
    const index = indexed.exec(statement)?.groups;
    if (!index?.['table'] || created.has(index['table'])) script.push(statement);
    else indexes.push(makeMigration(`${folder}_${index['name']}`, `${concurrently(statement)}\n`));
  }
  const whole = script.join('\n\n');
  return [...(whole === '' ? [] : [makeMigration(folder, `${whole}\n`)]), ...indexes];
}

/** Splitting removed it from all but the first. */
function withComment(statement: string): string {
  return statement.startsWith('-- ') ? statement : `-- ${statement}`;
}

function concurrently(statement: string): string {
  return statement.replace(/^CREATE (UNIQUE )?INDEX /m, 'CREATE $1INDEX CONCURRENTLY IF NOT EXISTS ');
}

/** As Prisma names its folders: 20261129160000. */
function timestamp(time: Date): string {
  return time.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}
