import type { Client } from 'pg';

/** A table, column, index, constraint, function or value of an enum. */
export interface CatalogEntry {
  readonly kind: 'table' | 'column' | 'index' | 'constraint' | 'function' | 'value';
  /** Kept when it is renamed. */
  readonly id: string;
  /** The id of its table; null: none. */
  readonly table: string | null;
  /** For example `events`, `events.late_edit`, `events_waiting`, `event_kind.edit`. */
  readonly name: string;
  /**
   * A column's type; a constraint's kind, as in pg_constraint; of a table, a value that changes when it is rewritten.
   */
  readonly detail: string | null;
  /** A column that refuses null; an index or constraint that refuses duplicate rows. */
  readonly refuses: boolean;
  /** A column with a value where an INSERT gives none. */
  readonly filled: boolean;
  /** The ids of the columns that an index or a constraint is over. */
  readonly columns: readonly string[];
}

/** An index of a primary key or a unique constraint is listed as that constraint here. */
const ENTRIES = `
  WITH tables AS (
    SELECT pg_class.oid, pg_class.oid::regclass::text AS name, relfilenode
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname !~ '^(pg_|information_schema$)' AND relname <> '_prisma_migrations')

  SELECT 'table' AS kind, oid::text AS id, NULL AS table, name, relfilenode::text AS detail,
         false AS refuses, false AS filled, '{}'::text[] AS columns
  FROM tables

  UNION ALL
  SELECT 'column', oid || '.' || attnum, oid::text, name || '.' || attname, format_type(atttypid, atttypmod),
         attnotnull, atthasdef OR attidentity <> '', '{}'
  FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped

  UNION ALL
  SELECT 'index', indexrelid::text, oid::text, indexrelid::regclass::text, NULL,
         indisunique, false, ARRAY(SELECT oid || '.' || key FROM unnest(indkey::int[]) AS key)
  FROM tables JOIN pg_index ON indrelid = oid
  WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))

  UNION ALL
  SELECT 'constraint', pg_constraint.oid::text, tables.oid::text, conname, contype::text,
         true, false, ARRAY(SELECT tables.oid || '.' || key FROM unnest(conkey) AS key)
  FROM tables JOIN pg_constraint ON conrelid = tables.oid AND contype IN ('c', 'f', 'p', 'u', 'x')

  UNION ALL
  SELECT 'function', pg_proc.oid::text, NULL, pg_proc.oid::regprocedure::text, NULL, false, false, '{}'
  FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
  WHERE nspname !~ '^(pg_|information_schema$)'

  UNION ALL
  SELECT 'value', oid::text, NULL, enumtypid::regtype || '.' || enumlabel, NULL, false, false, '{}'
  FROM pg_enum`;

/** Everything in the database that a migration can take away or change. */
export async function readCatalog(client: Client): Promise<readonly CatalogEntry[]> {
  const { rows } = await client.query<CatalogEntry>(ENTRIES);
  return rows;
}
