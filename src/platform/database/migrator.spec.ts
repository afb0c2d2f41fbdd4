import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import { findPrismaFolder, makeMigration, readMigrations } from './migration-folder.js';
import { Migrator } from './migrator.js';
import { loadSchemaEngine, sqlToReachSchema } from './schema-diff.js';

let database: TestDatabase;
let client: Client;

beforeEach(async () => {
  database = await startEmptyDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await database.stop();
});

async function tables(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Another session's transaction, under way. It ends with its database at the latest. */
async function begin(statement: string): Promise<Client> {
  const other = new Client({ connectionString: database.url });
  other.on('error', () => undefined);
  await other.connect();
  await other.query(`BEGIN; ${statement}`);
  return other;
}

/** Until a statement waits for a lock of another one. */
async function somebodyWaits(): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(rowCount).toBe(1);
  });
}

const addsToA = makeMigration('1', 'ALTER TABLE a ADD COLUMN x int');

describe('Migrator', () => {
  it('brings an empty database up to the schema, without a difference left', async () => {
    await new Migrator(database.url).apply();
    expect(await sqlToReachSchema(database.url)).toBe('');
  });

  it('makes the indexes that a Prisma schema cannot express', async () => {
    await new Migrator(database.url).apply();
    const { rows } = await client.query<{ name: string }>(
      `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indpred IS NOT NULL OR indexprs IS NOT NULL ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'approvals_pending',
      'coalescing_windows_open',
      'conversations_being_erased',
      'events_kept_payload',
      'events_of_turn',
      'events_settled',
      'events_to_route',
      'events_waiting',
      'flood_windows_limited',
      'messages_search',
      'notification_deliveries_deferred',
      'notification_deliveries_due',
      'notifications_to_alert',
      'pairings_open_code',
      'person_access_deciders',
      'replies_of_question',
      'replies_open',
      'replies_settled',
      'schedules_due',
      'schedules_ended',
      'summaries_due',
      'turns_one_running',
      'turns_open',
      'webhook_replays_running',
    ]);
  });

  it('applies each migration once, however many processes start together and again', async () => {
    const names = (await readMigrations()).map(({ name }) => name);
    const applied = await Promise.all(Array.from({ length: 6 }, () => new Migrator(database.url).apply()));
    expect(applied.flat()).toEqual(names);
    expect(await new Migrator(database.url).apply()).toEqual([]);
  });

  it('leaves records that Prisma’s own engine accepts', async () => {
    await new Migrator(database.url).apply();
    const path = join(findPrismaFolder(), 'schema.prisma');
    const pool = new Pool({ connectionString: database.url });
    const engine = await loadSchemaEngine(pool, [path, await readFile(path, 'utf8')]);
    const migrations = await readMigrations();
    const history = {
      migrationsList: {
        baseDir: join(findPrismaFolder(), 'migrations'),
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
        shadowDbInitScript: '',
        migrationDirectories: migrations.map(({ name, script }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: script } },
        })),
      },
      filters: { externalTables: [], externalEnums: [] },
    };
    expect(await engine.applyMigrations(history)).toEqual({ appliedMigrationNames: [] });
    expect(await engine.diagnoseMigrationHistory({ ...history, optInToShadowDatabase: false })).toEqual({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
    engine.free();
    await pool.end();
  });

  it('leaves nothing of a migration that fails, and names it', async () => {
    const bad = makeMigration('2_bad', 'CREATE TABLE half (id int); SELECT 1/0;');
    const migrator = new Migrator(database.url, async () => [
      makeMigration('1_good', 'CREATE TABLE good ()'),
      bad,
    ]);
    await expect(migrator.apply()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: /2_bad.*division/,
    });
    expect(await tables()).toEqual(['_prisma_migrations', 'good']);

    const mended = async () => [
      makeMigration('1_good', ''),
      makeMigration('2_bad', 'CREATE TABLE whole (note text)'),
    ];
    expect(await new Migrator(database.url, mended).apply()).toEqual(['2_bad']);
  });

  it('runs a script as it is written, semicolons in text and functions included', async () => {
    const script = `DO $$ BEGIN EXECUTE 'CREATE TABLE "a;b" ()'; END $$; -- done; really`;
    await new Migrator(database.url, async () => [makeMigration('1', script)]).apply();
    expect(await tables()).toContain('a;b');
  });

  it('yields to transactions that lock the same tables in another order', async () => {
    await client.query('CREATE TABLE a (); CREATE TABLE b ()');
    const work = await begin('LOCK b IN ROW EXCLUSIVE MODE');
    const script = 'ALTER TABLE a ADD COLUMN x int; ALTER TABLE b ADD COLUMN x int';
    const applying = new Migrator(database.url, async () => [makeMigration('1', script)]).apply();
    await somebodyWaits();
    await work.query('LOCK a IN ROW EXCLUSIVE MODE');
    await work.query('COMMIT');
    expect(await applying).toEqual(['1']);
  });

  it('blocks no other session for long while a dump holds the table', async () => {
    await client.query('CREATE TABLE a ()');
    const dump = await begin('LOCK a IN ACCESS SHARE MODE');
    const applying = new Migrator(database.url, async () => [addsToA]).apply();
    await somebodyWaits();
    expect(await client.query('SELECT FROM a')).toMatchObject({ rowCount: 0 });
    await dump.query('COMMIT');
    expect(await applying).toEqual(['1']);
  });

  it('reports a table that is locked for too long', async () => {
    await client.query('CREATE TABLE a ()');
    const dump = await begin('LOCK a IN ACCESS SHARE MODE');
    const impatient = new Migrator(database.url, async () => [addsToA], 0);
    await expect(impatient.apply()).rejects.toMatchObject({ code: 'MIGRATION_BLOCKED' });
    await dump.query('COMMIT');
    expect(await impatient.apply()).toEqual(['1']);
  });

  it('works on a database that a newer version has migrated, and leaves its additions alone', async () => {
    const known = [makeMigration('1', 'CREATE TABLE a ()')];
    await new Migrator(database.url, async () => [...known, makeMigration('2', 'CREATE TABLE b ()')]).apply();
    expect(await new Migrator(database.url, async () => known).apply()).toEqual([]);
  });

  it.each([
    ['migrate', 'apply'],
    ['tell what is missing', 'missing'],
  ] as const)(
    'refuses to %s a database from before the first release, and changes nothing',
    async (_what, method) => {
      await new Migrator(database.url, async () => [makeMigration('20261123000000_init', '')]).apply();
      await expect(new Migrator(database.url)[method]()).rejects.toMatchObject({
        code: 'DATABASE_UNRELEASED',
        hint: expect.stringMatching(/empty database.*DATABASE_URL.*DATA_DIR/),
      });
      expect(await tables()).toEqual(['_prisma_migrations']);
    },
  );

  it('stops where another tool left a migration unfinished', async () => {
    await new Migrator(database.url).apply();
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(new Migrator(database.url).apply()).rejects.toMatchObject({ code: 'MIGRATION_UNFINISHED' });
  });
});
