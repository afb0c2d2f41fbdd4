import { Logger } from '@nestjs/common';
import { type Client, DatabaseError } from 'pg';
import { v4 } from 'uuid';
import { GiveUpError, messageOf, RetryLaterError } from '../errors/errors.js';
import { NEVER, pause } from '../runtime/pause.js';
import { connectAtStart } from './connect.js';
import { type Migration, readMigrations } from './migration-folder.js';

/** Not Prisma's own lock (72707369): `prisma migrate deploy` beside us takes that one. */
const LOCK = 7_418_880_002;
const LOCK_POLL_MS = 100;

/** For another process that migrates, and for work under way that holds the tables. */
const PATIENCE_MS = 10 * 60_000;

/**
 * How long a migration waits for a table. Everybody else's statements queue up behind it meanwhile; and it has to give way
 * before PostgreSQL takes a deadlock apart, after 1 s, perhaps at the cost of a process that is at work.
 */
const TABLE_LOCK_TIMEOUT_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Deadlock detected, lock not available: in the way are others who are at work, and will be done. */
const inTheWay = new Set(['40P01', '55P03']);

/** As Prisma 7 makes it. */
const RECORDS = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

interface MigrationRecord {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Brings a database up to `prisma/migrations` and records it as `prisma migrate deploy` does, so that either may follow
 * the other.
 *
 * Each migration and its record are one transaction: a script that fails, or a process killed in the middle, leaves
 * nothing behind. Prisma's schema engine cannot promise that: it records before and after, and over `@prisma/adapter-pg`
 * it runs a script statement by statement, cut at every semicolon.
 */
export class Migrator {
  private readonly logger = new Logger(Migrator.name);

  constructor(
    private readonly url: string,
    private readonly readAll: () => Promise<readonly Migration[]> = () => readMigrations(),
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * Resolves with the names of the migrations that this call applied. Of several processes that start at once one
   * applies and the others wait for it. Processes of another version may be at work: they are held up for moments only.
   * @throws GiveUpError when a migration fails or one of another tool is unfinished; @throws RetryLaterError when for ten
   *   minutes another process has been migrating, or something has kept a table from being changed
   * @param signal ends the waiting, and begins no further migration: then this rejects
   */
  async apply(signal: AbortSignal = NEVER): Promise<readonly string[]> {
    const [migrations, client] = await Promise.all([this.readAll(), connectAtStart(this.url, { signal })]);
    try {
      signal.throwIfAborted();
      if ((await this.pending(client, migrations)).length === 0) return [];
      await this.lock(client, signal);
      await client.query(RECORDS);
      const pending = await this.pending(client, migrations);
      for (const migration of pending) await this.applyOne(client, migration, signal);
      return pending.map(({ name }) => name);
    } finally {
      // Ending the connection gives the lock back.
      await client.end().catch(() => undefined);
    }
  }

  /** The names of the migrations that `apply` would apply. Changes nothing. @throws GiveUpError as `apply` does */
  async missing(): Promise<readonly string[]> {
    const [migrations, client] = await Promise.all([
      this.readAll(),
      connectAtStart(this.url, { patienceMs: 0 }),
    ]);
    try {
      return (await this.pending(client, migrations)).map(({ name }) => name);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async pending(client: Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
    const records = await readRecords(client);
    const unfinished = records.find((record) => !record.finished);
    if (unfinished) throw leftUnfinished(unfinished.name);
    return migrations.filter(({ name, checksum }) => {
      const record = records.find((candidate) => candidate.name === name);
      if (record && record.checksum !== checksum) {
        this.logger.warn({ msg: 'migration was edited after it was applied', migration: name });
      }
      return !record;
    });
  }

  /** Asks again and again instead of waiting inside one statement: that would hold a snapshot, which blocks others. */
  private async lock(client: Client, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.patienceMs;
    for (;;) {
      const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
        LOCK,
      ]);
      if (rows[0]?.ours === true) return;
      if (performance.now() > deadline) {
        throw new RetryLaterError('MIGRATION_LOCKED', 'another process has been migrating for ten minutes');
      }
      await pause(LOCK_POLL_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** Tries again and again, as a whole: what it has locked meanwhile is given back. */
  private async applyOne(client: Client, migration: Migration, signal: AbortSignal): Promise<void> {
    const { name } = migration;
    const deadline = performance.now() + this.patienceMs;
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        await runOne(client, migration);
        break;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        if (!isInTheWay(error)) throw failed(name, error);
        if (performance.now() > deadline) throw blocked(name, error);
        if (attempt === 0) {
          this.logger.warn({
            msg: 'migration waits for work under way',
            migration: name,
            err: error.message,
          });
        }
      }
      await pause(Math.min(LONGEST_PAUSE_MS, LOCK_POLL_MS * 2 ** attempt), signal);
    }
    this.logger.log({ msg: 'migration applied', migration: name });
  }
}

async function runOne(client: Client, { name, script, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${TABLE_LOCK_TIMEOUT_MS}`);
  await client.query(script);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
     VALUES ($1, $2, clock_timestamp(), $3, 1)`,
    [v4(), checksum, name],
  );
  await client.query('COMMIT');
}

async function readRecords(client: Client): Promise<readonly MigrationRecord[]> {
  const { rows: tables } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (tables[0]?.exists !== true) return [];
  const { rows } = await client.query<MigrationRecord>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

function leftUnfinished(name: string): GiveUpError {
  return new GiveUpError(
    'MIGRATION_UNFINISHED',
    `the migration ${name} was begun by another tool and never finished`,
    `Look at what it left, then run \`npx prisma migrate resolve --applied ${name}\` (or --rolled-back).`,
  );
}

function isInTheWay(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && inTheWay.has(error.code ?? '');
}

function failed(name: string, cause: unknown): GiveUpError {
  return new GiveUpError(
    'MIGRATION_FAILED',
    `the migration ${name} failed and was rolled back: ${messageOf(cause)}`,
    'The database is as it was before. Correct its data or the migration, and start again.',
    { cause },
  );
}

function blocked(name: string, cause: unknown): RetryLaterError {
  return new RetryLaterError(
    'MIGRATION_BLOCKED',
    `the migration ${name} could not lock a table in time and was rolled back: ${messageOf(cause)}`,
    null,
    'Something holds the tables, a dump or a forgotten transaction: see pg_stat_activity. Start again once it has ended.',
    { cause },
  );
}
