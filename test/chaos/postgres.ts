import { copyFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type Cluster, openCluster, SUPERUSER } from '../../src/platform/database/cluster.js';
import { findPostgresBinaries } from '../../src/platform/database/postgres-binaries.js';
import { PostgresServer } from '../../src/platform/database/postgres-server.js';
import { readPostmasterFile } from '../../src/platform/database/postmaster-file.js';
import { eventually } from '../support/eventually.js';
import type { SmallDisk } from '../support/small-disk.js';
import { findPlace, type Place } from './database-place.js';
import { COVER_DEFAULTS, MOVABLE_CLOCK, setClock } from './movable-clock.js';
import type { Strike, StrikeKind } from './strikes.js';

const PATIENCE_MS = 60_000;
const REFILL_MS = 100;
const SORTED_OUT_MS = 3_000;

/** Written to disk as in production (fsync stays on): a killed server must lose nothing. */
const SETTINGS = {
  max_connections: '250',
  deadlock_timeout: '200ms',
  checkpoint_timeout: '1h',
  // Its disk is memory. And no log file is kept for later: a full disk soon has a full log.
  max_wal_size: '256MB',
  wal_recycle: 'off',
  // So that the oracle knows when a step was finished, by one clock.
  track_commit_timestamp: 'on',
};

/** How a server goes down: stopped by an operator, or by a crash. */
export type Shutdown = 'fast' | 'immediate';

const SOME_LOG = "SELECT pg_logical_emit_message(true, 'chaos', 'a record')";

/** A PostgreSQL of this suite's own, made to be broken. */
export class BreakablePostgres {
  /** When it was broken. */
  readonly strikes: Strike[] = [];
  private down = false;
  private full = false;
  private timesFull = 0;
  private closed = false;

  private constructor(
    private readonly place: Place,
    private readonly cluster: Cluster,
    private readonly server: PostgresServer,
    readonly url: string,
  ) {}

  static async start(): Promise<BreakablePostgres> {
    const place = await findPlace();
    try {
      const binaries = await findPostgresBinaries();
      const cluster = await openCluster(place.folder, binaries);
      const server = new PostgresServer(place.folder, cluster, binaries, SETTINGS);
      const port = await server.serve(performance.now() + PATIENCE_MS);
      const url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`;
      const postgres = new BreakablePostgres(place, cluster, server, url);
      await postgres.sql(MOVABLE_CLOCK);
      return postgres;
    } catch (error) {
      await place.remove();
      throw error;
    }
  }

  /** Stops it for `downMs`. False where it is down already. */
  async restart(how: Shutdown, downMs: number): Promise<boolean> {
    if (this.down) return false;
    this.down = true;
    const strike = this.strike();
    try {
      await (how === 'fast' ? this.server.stop() : this.crash());
      await pause(downMs);
      await this.serve();
    } finally {
      this.down = false;
      strike.until = Date.now();
    }
    return true;
  }

  /** Fills its disk for `forMs`. False without a disk of its own, or if it is full already. */
  async fillDisk(forMs: number): Promise<boolean> {
    return await this.whileFull(forMs, () => Promise.resolve());
  }

  /** The same, and fills the log too: that ends a server. */
  async fillLog(forMs: number): Promise<boolean> {
    return await this.whileFull(forMs, (until) => this.useUpLog(until));
  }

  /** Ends every connection but its own. */
  async cutConnections(): Promise<boolean> {
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;
    const strike = this.strike();
    const hit = await this.sql(cut).then(
      (rows) => rows.length > 0,
      () => false,
    );
    strike.until = Date.now();
    return hit;
  }

  /** Locks unfinished turns and replies first and their leases then, in the opposite order to the product's. */
  async deadlock(forMs: number): Promise<boolean> {
    return await this.hold(
      [
        `SELECT 1 FROM turns WHERE state = 'running' FOR UPDATE`,
        'SELECT 1 FROM replies WHERE settled_at IS NULL FOR UPDATE',
      ],
      Math.min(forMs, 400),
      ['SELECT 1 FROM leases WHERE expires_at > clock_timestamp() FOR UPDATE'],
    ).catch(
      // The deadlock was there, and this transaction was the victim.
      (error: unknown) => error instanceof Error && 'code' in error && error.code === '40P01',
    );
  }

  /**
   * Another session's transaction: these statements, a pause, those statements, and then a rollback.
   * @throws the error of a statement
   */
  async hold(first: readonly string[], forMs: number, then: readonly string[] = []): Promise<boolean> {
    const strike = this.strike();
    try {
      return await this.withClient(async (client) => {
        for (const statement of ['BEGIN', ...first]) await client.query(statement);
        await pause(forMs);
        for (const statement of [...then, 'ROLLBACK']) await client.query(statement);
        return true;
      });
    } finally {
      strike.until = Date.now();
    }
  }

  /** Sets the clock for `forMs`. False if that is impossible. */
  async moveClock(byMs: number, forMs: number): Promise<boolean> {
    const strike = this.strike('clock');
    const moved = await this.sql(setClock(byMs)).then(
      () => true,
      () => false,
    );
    await pause(forMs);
    // Another fault may cut this connection too.
    if (moved)
      await eventually(() => this.supervise().then(() => this.sql(setClock(0))), { withinMs: PATIENCE_MS });
    // Leases taken by either clock are over within a lease's time.
    strike.until = Date.now() + SORTED_OUT_MS;
    return moved;
  }

  /** To be called when the tables are there. */
  async coverDefaults(): Promise<void> {
    await this.sql(COVER_DEFAULTS);
  }

  async sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await this.withClient(async (client) => (await client.query(text, [...values])).rows);
  }

  /** Ends lasting faults, and resolves when it accepts writes. */
  async heal(): Promise<void> {
    await this.place.disk?.free();
    this.full = false;
    await this.supervise();
  }

  async keepLog(path: string): Promise<void> {
    await copyFile(this.server.logFile, path);
  }

  async close(): Promise<void> {
    this.closed = true;
    try {
      await this.place.disk?.free();
      await this.server.stop();
    } finally {
      await this.place.remove();
    }
  }

  private async whileFull(forMs: number, meanwhile: (until: number) => Promise<void>): Promise<boolean> {
    const { disk } = this.place;
    if (!disk || this.full) return false;
    this.full = true;
    this.timesFull += 1;
    const strike = this.strike();
    try {
      await disk.fill();
      const until = Date.now() + forMs;
      await Promise.all([this.keepFull(disk, until), meanwhile(until)]);
    } finally {
      await disk.free();
      this.full = false;
    }
    await this.supervise();
    strike.until = Date.now();
    return true;
  }

  private strike(kind: StrikeKind = 'database'): Strike {
    const strike: Strike = {
      kind,
      caller: null,
      from: Date.now(),
      until: Number.POSITIVE_INFINITY,
    };
    this.strikes.push(strike);
    return strike;
  }

  /** Fills the space that the server frees: its log files after a checkpoint. */
  private async keepFull(disk: SmallDisk, until: number): Promise<void> {
    while (Date.now() < until) {
      await pause(Math.min(REFILL_MS, until - Date.now()));
      await disk.fill();
    }
  }

  /** Makes the server begin file after file of its log, until it cannot. */
  private async useUpLog(until: number): Promise<void> {
    await this.withClient(async (client) => {
      while (Date.now() < until) {
        await client.query(SOME_LOG);
        await client.query('SELECT pg_switch_wal()');
      }
    }).catch(() => undefined);
  }

  /** Restarts a server that ended by itself, unless a fault keeps it down, and resolves when it accepts writes. */
  private async supervise(): Promise<void> {
    await eventually(
      async () => {
        if (this.closed) return;
        if (!this.down) await this.serve();
        await this.sql(SOME_LOG);
      },
      { withinMs: PATIENCE_MS },
    );
  }

  /** As an operator does: without space, it is started when there is some. */
  private async serve(): Promise<void> {
    while (this.full) await pause(20);
    if (this.closed) return;
    const { timesFull } = this;
    try {
      await this.server.serve(performance.now() + PATIENCE_MS);
    } catch (error) {
      if (this.timesFull === timesFull) throw error;
      await this.serve();
    }
  }

  private async crash(): Promise<void> {
    const file = await readPostmasterFile(this.cluster.dataFolder);
    // A server that ended because its disk was full may have left its file behind.
    if (!file || !lives(file.pid)) return;
    process.kill(file.pid, 'SIGQUIT');
    while (lives(file.pid)) await pause(20);
  }

  private async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 3_000 });
    // A cut connection is noticed by the failing statement.
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
