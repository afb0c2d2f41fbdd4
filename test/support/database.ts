import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { readMigrations } from '../../src/platform/database/migration-folder.js';
import { Migrator } from '../../src/platform/database/migrator.js';

const TEMPLATE_LOCK = 7_418_880_003;

export interface TestDatabase {
  readonly url: string;
  /** Deletes the database, cutting the remaining connections. */
  stop(): Promise<void>;
}

/** A database of the suite's own, migrated and empty. All of a run share one server, and a ready-made copy. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const server = await sharedServer();
  return createDatabase(server, await makeTemplate(server));
}

/** A database without a table. */
export async function startEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(await sharedServer(), 'template1');
}

async function createDatabase(server: string, template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: databaseUrl(server, name),
    stop: () => withClient(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** It is never stopped here: the run's end does that. A test's data need not survive a power cut. */
function sharedServer(): Promise<string> {
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  };
  return new EmbeddedPostgres(inject('databaseFolder'), settings).start();
}

/**
 * The ready-made copy, for the present migrations. Renamed only when it is complete, so that a suite killed in the
 * middle leaves no broken copy.
 */
async function makeTemplate(server: string): Promise<string> {
  const sum = createHash('sha256');
  for (const { checksum } of await readMigrations()) sum.update(checksum);
  const template = `migrated_${sum.digest('hex').slice(0, 16)}`;
  await withClient(server, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      await client.query('DROP DATABASE IF EXISTS migrating WITH (FORCE)');
      await client.query('CREATE DATABASE migrating');
      await new Migrator(databaseUrl(server, 'migrating')).apply();
      await client.query(`ALTER DATABASE migrating RENAME TO ${template}`);
    }
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  });
  return template;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
