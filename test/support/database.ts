import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { Migrator } from '../../src/database/migrator.js';

const TEMPLATE = 'migrated';
const TEMPLATE_LOCK = 7_418_880_003;

export interface TestDatabase {
  readonly url: string;
  /** Removes the database, cutting the connections left to it. */
  stop(): Promise<void>;
}

/** A database of the suite's own, migrated and empty. All of a run share one server, and a ready-made copy. */
export function startTestDatabase(): Promise<TestDatabase> {
  return createDatabase(TEMPLATE);
}

/** A database without a table. */
export function startEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = await sharedServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, async (client) => {
    if (template === TEMPLATE) await makeTemplate(server, client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    url: databaseUrl(server, name),
    stop: () => withClient(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** It is never stopped here: the run's end does that. What a test writes need not outlive a power cut. */
function sharedServer(): Promise<string> {
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  };
  return new EmbeddedPostgres(inject('databaseFolder'), settings).start();
}

/** Renamed only when it is complete, so that a suite killed in the middle leaves nothing that looks like it. */
async function makeTemplate(server: string, client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE]);
  if (rowCount === 0) {
    await client.query('DROP DATABASE IF EXISTS migrating WITH (FORCE)');
    await client.query('CREATE DATABASE migrating');
    await new Migrator(databaseUrl(server, 'migrating')).apply();
    await client.query(`ALTER DATABASE migrating RENAME TO ${TEMPLATE}`);
  }
  await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
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
