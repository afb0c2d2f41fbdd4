import { SUPERUSER } from '../../src/platform/database/cluster.js';

/** The search path of a session whose clock is movable. */
export const CLOCK_PATH = 'public, chaos, pg_catalog';

/** The functions that hide PostgreSQL's own, once a session has the search path `CLOCK_PATH`. */
export const CLOCK_SCHEMA = `
  CREATE SCHEMA chaos;
  CREATE TABLE chaos.clock (ahead interval NOT NULL);
  INSERT INTO chaos.clock VALUES ('0');
  ${['now', 'transaction_timestamp', 'statement_timestamp']
    .map((name) => functionOver(name, 'STABLE'))
    .join('\n  ')}
  ${functionOver('clock_timestamp', 'VOLATILE')}`;

/**
 * The database's clock, movable without the machine's. PostgreSQL has no such switch, so its functions are hidden by
 * others of the same names: see `CLOCK_PATH`.
 *
 * It covers the functions that the product's statements, and those of the queue on PostgreSQL, call by name, and the
 * defaults of columns. It does not cover `CURRENT_TIMESTAMP` in a statement (the product has none), commit timestamps,
 * and PostgreSQL's own time-outs, which no clock governs.
 */
export const MOVABLE_CLOCK = `
  ${CLOCK_SCHEMA}
  ALTER ROLE ${SUPERUSER} SET search_path = ${CLOCK_PATH}`;

/** Columns that were declared with the keyword use the hiding function. */
export const COVER_DEFAULTS = `
  DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT table_name, column_name FROM information_schema.columns
              WHERE table_schema = 'public' AND column_default ILIKE 'CURRENT_TIMESTAMP%' LOOP
      EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET DEFAULT chaos.now()', it.table_name, it.column_name);
    END LOOP;
  END $$`;

export const setClock = (byMs: number): string => `UPDATE chaos.clock SET ahead = ${byMs} * interval '1 ms'`;

function functionOver(name: string, kind: 'STABLE' | 'VOLATILE'): string {
  return `CREATE FUNCTION chaos.${name}() RETURNS timestamptz LANGUAGE sql ${kind}
    AS 'SELECT pg_catalog.${name}() + ahead FROM chaos.clock';`;
}
