import { Logger } from '@nestjs/common';
import { Pool } from 'pg';
import type { DatabaseSettings } from './database.settings.js';
import type { Database } from './database.js';

/** A request that needs a connection fails rather than waiting longer. */
const CONNECT_TIMEOUT_MS = 3_000;

/** The server ends a statement after this long. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** A transaction whose owner is silent, for example suspended, loses its locks after this. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;

/**
 * This process's connections, shared by Prisma and by the few handwritten statements. A restart of PostgreSQL, or a cut
 * connection, costs the statements under way and nothing else.
 */
export class DatabasePool extends Pool {
  private readonly logger = new Logger(DatabasePool.name);

  constructor({ url }: Database, { poolSize }: Pick<DatabaseSettings, 'poolSize'>) {
    super({
      connectionString: url,
      application_name: 'turnpike',
      max: poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // For a server that vanished and cannot end its side.
      query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    this.on('error', (err) => this.logger.warn({ msg: 'database connection lost', err: err.message }));
    // While a connection is lent out the pool does not listen to it, and an unhandled error ends the process. The
    // borrower notices the error by its failing statement.
    this.on('connect', (client) => client.on('error', () => undefined));
  }
}
