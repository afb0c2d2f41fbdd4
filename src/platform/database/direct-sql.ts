import { type CustomTypesConfig, type PoolClient, type QueryConfig, types } from 'pg';
import type { Prisma } from '../../generated/prisma/client.js';
import type { DatabasePool } from './database-pool.js';
import { StatementNames } from './statement-names.js';

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
  private readonly names = new StatementNames();

  constructor(private readonly pool: DatabasePool) {}

  /** @throws as the driver: a `DatabaseError` with its SQLSTATE, or an error of the connection */
  readonly run: RunStatement = async <Row extends object>(statement: Prisma.Sql): Promise<Row[]> =>
    (await this.pool.query<Row>(this.queryOf(statement))).rows;

  /**
   * Runs the statements of `work` in one transaction.
   * @throws what `work` throws, behind a rollback; or as `run`
   */
  async transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(
        async <Row extends object>(statement: Prisma.Sql) =>
          (await client.query<Row>(this.queryOf(statement))).rows,
      );
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      await rollBack(client);
      throw error;
    }
  }

  private queryOf({ text, values }: Prisma.Sql): QueryConfig {
    const name = this.names.nameOf(text);
    return { text, values, types: asPrisma, ...(name === '' ? {} : { name }) };
  }
}

/** A connection that cannot even do that is closed. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
