import type { Room } from './room.js';

/** Makes the database refuse a statement once: in the form `BEFORE <statement>`, e.g. "UPDATE ON messages". */
export async function failOnce(room: Room, statement: string): Promise<void> {
  await room.pool.query(`
    DROP SEQUENCE IF EXISTS tries CASCADE;
    CREATE SEQUENCE tries;
    CREATE OR REPLACE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      -- A sequence goes on although the transaction does not.
      IF nextval('tries') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = 'query_canceled'; END IF;
      RETURN NEW;
    END $$;
    CREATE OR REPLACE TRIGGER fail_once BEFORE ${statement} FOR EACH ROW EXECUTE FUNCTION fail_once()`);
}
