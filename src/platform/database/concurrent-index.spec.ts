import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import { readConcurrentIndex } from './concurrent-index.js';
import { makeMigration } from './migration-folder.js';
import { Migrator } from './migrator.js';

const STATEMENT = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS words_once ON words (word)';

let database: TestDatabase;
let client: Client;

beforeEach(async () => {
  database = await startEmptyDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE words (word TEXT)');
});
afterEach(async () => {
  await client.end();
  await database.stop();
});

const migrator = (patienceMs?: number) =>
  new Migrator(
    database.url,
    async () => [makeMigration('1', `-- Each word once.\n${STATEMENT};\n`)],
    patienceMs,
  );

/** Whether each index of the table is valid. */
async function indexes(): Promise<boolean[]> {
  const { rows } = await client.query<{ valid: boolean }>(
    `SELECT indisvalid AS valid FROM pg_index WHERE indrelid = 'words'::regclass`,
  );
  return rows.map(({ valid }) => valid);
}

/** Another session's transaction, under way: an index is not ready before it has ended. */
async function begin(): Promise<Client> {
  const other = new Client({ connectionString: database.url });
  other.on('error', () => undefined);
  await other.connect();
  await other.query(`BEGIN; INSERT INTO words VALUES ('held')`);
  return other;
}

async function somebodyBuilds(): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(rowCount).toBe(1);
  });
}

describe('A migration that builds an index concurrently', () => {
  it('is one statement of this form, whatever comments stand above it', () => {
    expect(readConcurrentIndex(`-- Why.\n\n${STATEMENT};\n`)).toEqual({
      name: 'words_once',
      table: 'words',
      statement: `${STATEMENT};`,
    });
    const quoted = 'create index concurrently if not exists "a_b" on "library"."loans" using gin ("x")';
    expect(readConcurrentIndex(quoted)).toMatchObject({ name: 'a_b', table: '"library"."loans"' });
    for (const other of [
      'CREATE INDEX words_once ON words (word)',
      'CREATE INDEX CONCURRENTLY words_once ON words (word)',
      `${STATEMENT}; SELECT 1`,
      `SELECT 1; ${STATEMENT}`,
      `-- ${STATEMENT}`,
    ]) {
      expect(readConcurrentIndex(other)).toBeNull();
    }
  });

  it('blocks no write while it waits for a transaction', async () => {
    const other = await begin();
    const applying = migrator().apply();
    await somebodyBuilds();
    await client.query(`INSERT INTO words VALUES ('meanwhile')`);
    await other.query(`INSERT INTO words VALUES ('later')`);
    await other.query('COMMIT');
    expect(await applying).toEqual(['1']);
    expect(await indexes()).toEqual([true]);
    expect(await migrator().apply()).toEqual([]);
  });

  it('leaves no index when it fails, and succeeds once the rows allow it', async () => {
    await client.query(`INSERT INTO words VALUES ('twice'), ('twice')`);
    await expect(migrator().apply()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await indexes()).toEqual([]);
    await client.query('DELETE FROM words');
    expect(await migrator().apply()).toEqual(['1']);
    expect(await indexes()).toEqual([true]);
  });

  it('rebuilds an index that a killed process has left invalid', async () => {
    await client.query(`INSERT INTO words VALUES ('twice'), ('twice')`);
    await expect(client.query(STATEMENT)).rejects.toThrow('could not create unique index');
    expect(await indexes()).toEqual([false]);
    await client.query('DELETE FROM words');
    expect(await migrator().apply()).toEqual(['1']);
    expect(await indexes()).toEqual([true]);
  });

  it('says so when a transaction stays open for too long', async () => {
    const other = await begin();
    await expect(migrator(0).apply()).rejects.toMatchObject({ code: 'MIGRATION_BLOCKED' });
    await other.query('COMMIT');
    expect(await migrator().apply()).toEqual(['1']);
    expect(await indexes()).toEqual([true]);
  });

  it('ends when it is aborted, and the next one finds the index that the server went on building', async () => {
    const other = await begin();
    const stop = new AbortController();
    const applying = migrator().apply(stop.signal);
    await somebodyBuilds();
    stop.abort();
    await expect(applying).rejects.toThrow('aborted');
    await other.query('COMMIT');
    expect(await migrator().apply()).toEqual(['1']);
    expect(await indexes()).toEqual([true]);
  });
});
