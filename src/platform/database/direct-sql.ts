import { type CustomTypesConfig, type PoolClient, type QueryConfig, types } from 'pg';
import type { Prisma } from '../../generated/prisma/client.js';
import type { DatabasePool } from './database-pool.js';
import type { StatementNames } from './statement-names.js';

/** How long the statements of a transaction may take together. */
const TRANSACTION_TIMEOUT_MS = 5_000;

/** The database was too slow for a transaction. Its code is PostgreSQL's own for that. */
class TransactionTimeoutError extends Error {
  readonly code = '25P04';

  constructor() {
    super(`the transaction took longer than ${TRANSACTION_TIMEOUT_MS} ms`);
    this.name = 'TransactionTimeoutError';
  }
}

/** Runs one statement; the rows are those of Prisma's `$queryRaw`. */
export type RunStatement = <Row extends object>(statement: Prisma.Sql) => Promise<Row[]>;

/** As Prisma reads them: 64-bit integers are `bigint`. Columns of type `date` and `numeric` would differ. */
const asPrisma: CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? BigInt : types.getTypeParser(oid, format)),
};

/**
 * Sends hand-written statements to PostgreSQL without Prisma's client in between, which costs more than the rest of the
 * statement does. For the few that every message needs; those that come back often are prepared.
 */
export class DirectSql {
  /** @param names those of Prisma's statements too: a connection has all of them */
  constructor(
    private readonly pool: DatabasePool,
    private readonly names: StatementNames,
  ) {}

  /** @throws as the driver: a `DatabaseError` with its SQLSTATE, or an error of the connection */
  readonly run: RunStatement = async <Row extends object>(statement: Prisma.Sql): Promise<Row[]> =>
    (await this.pool.query<Row>(this.queryOf(statement))).rows;

  /**
   * Runs the statements of `work` in one transaction, which ends after five seconds, like Prisma's.
   * @throws what `work` throws, behind a rollback; TransactionTimeoutError; or as `run`
   */
  async transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const run: RunStatement = async <Row extends object>(statement: Prisma.Sql) =>
      (await client.query<Row>(this.queryOf(statement))).rows;
    try {
      await client.query('BEGIN');
      const result = await withinTime(work(run));
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      await undo(client, error);
      throw error;
    }
  }

  private queryOf({ text, values }: Prisma.Sql): QueryConfig {
    const name = this.names.nameOf(text);
    return { text, values, types: asPrisma, ...(name === '' ? {} : { name }) };
  }
}

/** Rejects when the work takes too long; it then goes on without a result. */
async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TransactionTimeoutError()), TRANSACTION_TIMEOUT_MS);
  });
  return await Promise.race([work, end]).finally(() => clearTimeout(timer));
}

/** A connection that cannot be used again, or at once, is closed: its server then rolls back by itself. */
async function undo(client: PoolClient, error: unknown): Promise<void> {
  if (error instanceof TransactionTimeoutError) return client.release(true);
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
