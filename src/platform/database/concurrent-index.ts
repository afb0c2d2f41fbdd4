import type { Client } from 'pg';

/** An index that is built without blocking writes, outside a transaction: the one statement of its migration. */
export interface ConcurrentIndex {
  readonly name: string;
  /** As written in the statement, perhaps with a schema. */
  readonly table: string;
  readonly statement: string;
}

/** IF NOT EXISTS, because a process may end between the index and its record: the next one then finds it built. */
const form =
  /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+IF\s+NOT\s+EXISTS\s+"?(?<name>\w+)"?\s+ON\s+(?<table>[\w".]+)[^;]*;?$/i;

/** How long the remains of a failed build are waited for. The next try removes the rest. */
const CLEAN_UP_MS = 500;

/** The index that a script builds outside a transaction. Null: an ordinary script, which runs in one. */
export function readConcurrentIndex(script: string): ConcurrentIndex | null {
  const statement = script.replaceAll(/^\s*--.*$/gm, '').trim();
  const { name, table } = form.exec(statement)?.groups ?? {};
  return name && table ? { name, table, statement } : null;
}

/**
 * Builds the index without blocking reads or writes. It waits for every transaction that is open when it begins, for
 * `waitMs` at most. A failed build leaves an invalid index, which no query uses and which slows every write: this
 * function removes it, and that of a killed process.
 * @param signal ends the connection; the server then goes on building, and the next call finds the index built
 */
export async function buildConcurrently(
  client: Client,
  index: ConcurrentIndex,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const leave = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await client.query('SET statement_timeout = 0');
    await dropInvalid(client, index, waitMs);
    await client.query(index.statement);
  } catch (error) {
    if (!signal.aborted) await dropInvalid(client, index, CLEAN_UP_MS).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** The timeout stays: the connection ends with the migrations, and the usual scripts set one of their own. */
async function dropInvalid(client: Client, { name, table }: ConcurrentIndex, waitMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${Math.max(1, Math.ceil(waitMs))}`);
  const { rows } = await client.query<{ index: string }>(
    `SELECT indexrelid::regclass::text AS index FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE indrelid = to_regclass($1) AND relname = $2 AND NOT indisvalid`,
    [table, name],
  );
  for (const { index } of rows) await client.query(`DROP INDEX CONCURRENTLY ${index}`);
}
