import { Client } from 'pg';

/** A database of an ordinary account that can be left without a connection, as on a server that has none to spare. */
export class RationedDatabase {
  private constructor(
    private readonly server: string,
    readonly url: string,
  ) {}

  /** @param server address of a superuser */
  static async create(server: string): Promise<RationedDatabase> {
    const url = new URL(server);
    url.username = 'guest';
    url.password = 'guest';
    url.pathname = '/guest';
    await statements(server, `CREATE ROLE guest LOGIN PASSWORD 'guest'`, 'CREATE DATABASE guest OWNER guest');
    return new RationedDatabase(server, url.href);
  }

  /** Cuts every connection, and refuses new ones with SQLSTATE 53300. */
  async exhaust(): Promise<void> {
    await statements(
      this.server,
      'ALTER ROLE guest CONNECTION LIMIT 0',
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'guest'`,
    );
  }

  async relieve(): Promise<void> {
    await statements(this.server, 'ALTER ROLE guest CONNECTION LIMIT -1');
  }
}

async function statements(url: string, ...texts: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}
