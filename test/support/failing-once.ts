import type { Room } from './room.js';

/** The database gives a statement up, once, and is well again: as `BEFORE <statement>` has it, "UPDATE ON messages" say. */
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
