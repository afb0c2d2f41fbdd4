import { Logger } from '@nestjs/common';
import { type Client, DatabaseError } from 'pg';
import { NEVER, pause } from '../runtime/pause.js';
import { buildConcurrently, readConcurrentIndex } from './concurrent-index.js';
import { connectAtStart } from './connect.js';
import { blocked, failed, leftUnfinished, lockedByAnother, madeBeforeRelease } from './migration-errors.js';
import { type Migration, readMigrations } from './migration-folder.js';
import { addRecord, makeRecords, readRecords } from './migration-records.js';

/** Not Prisma's own lock (72707369): a concurrent `prisma migrate deploy` takes that one. */
const LOCK = 7_418_880_002;
const LOCK_POLL_MS = 100;

/** The longest wait for another process that migrates, and for transactions that hold the tables. */
const PATIENCE_MS = 10 * 60_000;

/**
 * How long a migration waits for a table. Other sessions' statements queue up behind it meanwhile. It must also give up
 * before PostgreSQL breaks a deadlock, after 1 s, perhaps at the cost of a working process.
 */
const TABLE_LOCK_TIMEOUT_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Deadlock detected, lock not available: other transactions are in the way and will end. */
const inTheWay = new Set(['40P01', '55P03']);

/** The first of 36 migrations that became one before the first release. */
const UNRELEASED_INIT = '20261123000000_init';

/**
 * Brings a database up to `prisma/migrations` and records it as `prisma migrate deploy` does, so that either may follow
 * the other.
 *
 * Each migration and its record are one transaction: a script that fails, or a process killed in the middle, leaves
 * nothing behind. Prisma's schema engine cannot promise that: it records before and after, and over
 * `@prisma/adapter-pg` it runs a script statement by statement, cut at every semicolon. A script that is one `CREATE
 * INDEX CONCURRENTLY` runs without a transaction: see `buildConcurrently`.
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
   * applies and the others wait for it. Processes of another version may run: they are blocked for moments only.
   * @throws GiveUpError when a migration fails, one of another tool is unfinished, or the database is from before the
   * first release
   * @throws RetryLaterError when for ten minutes another process has been migrating, or a table has been locked
   * @param signal ends the waiting, and starts no further migration: then this rejects
   */
  async apply(signal: AbortSignal = NEVER): Promise<readonly string[]> {
    const [migrations, client] = await Promise.all([this.readAll(), connectAtStart(this.url, { signal })]);
    try {
      signal.throwIfAborted();
      if ((await this.pending(client, migrations)).length === 0) return [];
      await this.lock(client, signal);
      await makeRecords(client);
      const pending = await this.pending(client, migrations);
      for (const migration of pending) await this.applyOne(client, migration, signal);
      return pending.map(({ name }) => name);
    } finally {
      // Ending the connection releases the lock.
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
    if (records.some(({ name }) => name === UNRELEASED_INIT)) throw madeBeforeRelease();
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

  /** Polls instead of waiting inside one statement: that would hold a snapshot, which blocks others. */
  private async lock(client: Client, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.patienceMs;
    for (;;) {
      const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
        LOCK,
      ]);
      if (rows[0]?.ours === true) return;
      if (performance.now() > deadline) throw lockedByAnother();
      await pause(LOCK_POLL_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** Retries as a whole: each try releases the locks of the last one. */
  private async applyOne(client: Client, migration: Migration, signal: AbortSignal): Promise<void> {
    const { name } = migration;
    const deadline = performance.now() + this.patienceMs;
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        await runOne(client, migration, deadline - performance.now(), signal);
        break;
      } catch (error) {
        signal.throwIfAborted();
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

async function runOne(
  client: Client,
  migration: Migration,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const index = readConcurrentIndex(migration.script);
  if (!index) return runInTransaction(client, migration);
  await buildConcurrently(client, index, waitMs, signal);
  await addRecord(client, migration);
}

async function runInTransaction(client: Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${TABLE_LOCK_TIMEOUT_MS}`);
  await client.query(migration.script);
  await addRecord(client, migration);
  await client.query('COMMIT');
}

function isInTheWay(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && inTheWay.has(error.code ?? '');
}
