import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type Cluster, openCluster, SUPERUSER } from '../../src/database/cluster.js';
import { findPostgresBinaries } from '../../src/database/postgres-binaries.js';
import { PostgresServer } from '../../src/database/postgres-server.js';
import { readPostmasterFile } from '../../src/database/postmaster-file.js';

const PATIENCE_MS = 60_000;

/** Written to disk as in production (fsync stays on): a killed server must lose nothing. */
const SETTINGS = {
  max_connections: '250',
  deadlock_timeout: '200ms',
  checkpoint_timeout: '1h',
  // So that the oracle knows when a step was finished, by one clock.
  track_commit_timestamp: 'on',
};

/** How a server goes down: as an operator stops it, or as a crash. */
export type Shutdown = 'fast' | 'immediate';

/** A PostgreSQL of this suite's own, made to be broken. */
export class BreakablePostgres {
  private down = false;

  private constructor(
    private readonly folder: string,
    private readonly cluster: Cluster,
    private readonly server: PostgresServer,
    readonly url: string,
  ) {}

  static async start(): Promise<BreakablePostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-postgres-'));
    const binaries = await findPostgresBinaries();
    const cluster = await openCluster(folder, binaries);
    const server = new PostgresServer(folder, cluster, binaries, SETTINGS);
    const port = await server.serve(Date.now() + PATIENCE_MS);
    const url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`;
    return new BreakablePostgres(folder, cluster, server, url);
  }

  /** Stops it for `downMs`. False where it is down already. */
  async restart(how: Shutdown, downMs: number): Promise<boolean> {
    if (this.down) return false;
    this.down = true;
    try {
      await (how === 'fast' ? this.server.stop() : this.crash());
      await pause(downMs);
      await this.server.serve(Date.now() + PATIENCE_MS);
    } finally {
      this.down = false;
    }
    return true;
  }

  /** Ends every connection but its own. */
  async cutConnections(): Promise<boolean> {
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;
    return await this.sql(cut).then(
      (rows) => rows.length > 0,
      () => false,
    );
  }

  /** Locks unfinished turns and replies first and their leases then, while the product does it the other way round. */
  async deadlock(forMs: number): Promise<boolean> {
    return await this.withClient(async (client) => {
      await client.query('BEGIN');
      await client.query(`SELECT 1 FROM turns WHERE state = 'running' FOR UPDATE`);
      await client.query('SELECT 1 FROM replies WHERE settled_at IS NULL FOR UPDATE');
      await pause(Math.min(forMs, 400));
      await client.query('SELECT 1 FROM leases WHERE expires_at > clock_timestamp() FOR UPDATE');
      await client.query('ROLLBACK');
    }).then(
      () => true,
      // The deadlock was there, and this transaction was the victim.
      (error: unknown) => error instanceof Error && 'code' in error && error.code === '40P01',
    );
  }

  async sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await this.withClient(async (client) => (await client.query(text, [...values])).rows);
  }

  async close(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async crash(): Promise<void> {
    const file = await readPostmasterFile(this.cluster.dataFolder);
    if (!file) return;
    process.kill(file.pid, 'SIGQUIT');
    while (lives(file.pid)) await pause(20);
  }

  private async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 3_000 });
    // A connection that is cut says so by the statement that fails.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
