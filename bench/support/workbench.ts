import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { findProgram } from '../../test/support/find-program.js';
import { LoadGenerator } from './load-generator.js';
import { NodeProcess } from './node-process.js';
import { type RedisServer, startRedis } from './redis-server.js';

/** The servers of a benchmark: one PostgreSQL, one Redis if there is one, and the load generator. */
export class Workbench {
  private readonly processes: NodeProcess[] = [];
  private closed: Promise<void> | null = null;

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    private readonly postgresUrl: string,
    /** null: there is no `redis-server` on the PATH. */
    readonly redis: RedisServer | null,
    readonly generator: LoadGenerator,
  ) {}

  /** On the project's own disk: a folder for temporary files may be in memory, where fsync costs nothing. */
  static async open(): Promise<Workbench> {
    await mkdir('.turnpike', { recursive: true });
    const folder = await mkdtemp(join('.turnpike', 'bench-'));
    const postgres = new EmbeddedPostgres(join(folder, 'postgres'));
    const url = await postgres.start();
    const program = findProgram('redis-server');
    const redis = program === null ? null : await startRedis(program, folder);
    const workbench = new Workbench(folder, postgres, url, redis, new LoadGenerator());
    // The database outlives a process that a signal stops, unless it is stopped too.
    const interrupted = () => void workbench.close().finally(() => process.exit(130));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    return workbench;
  }

  /** A new database on the one server, durable as by default. @returns its address */
  async database(name: string): Promise<string> {
    const client = new Client({ connectionString: this.postgresUrl });
    await client.connect();
    try {
      await client.query(`CREATE DATABASE ${name}`);
      const { rows } = await client.query<{ durable: boolean }>(
        `SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') = 'on' AS durable`,
      );
      if (!rows[0]?.durable) throw new Error('the benchmark is about durable commits, and fsync is off');
    } finally {
      await client.end();
    }
    return this.postgresUrl.replace(/\/postgres$/, `/${name}`);
  }

  /** Starts one of the benchmark's own servers, by its compiled file. @returns its port */
  async serve(file: URL, env: Readonly<Record<string, string>>, part: 'server' | null): Promise<number> {
    return await this.keep(NodeProcess.start({ args: [fileURLToPath(file)], env, part })).port();
  }

  /** Registers the process to be stopped with the workbench. */
  keep(process: NodeProcess): NodeProcess {
    this.processes.push(process);
    return process;
  }

  /** Ends all it started. Repeated calls have no effect. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    await Promise.all([this.generator.stop(), ...this.processes.map((process) => process.stop())]);
    await Promise.all([this.redis?.stop(), this.postgres.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
