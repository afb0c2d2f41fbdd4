import { Injectable } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/prisma/client.js';
import { DatabasePool } from './database-pool.js';
import { DirectSql } from './direct-sql.js';
import { StatementNames } from './statement-names.js';

/**
 * Prisma over this process's pool. It connects with the first query and never needs `$connect`. Statements that come
 * back often are prepared.
 */
@Injectable()
export class PrismaService extends PrismaClient {
  /** The same pool without Prisma. */
  readonly direct: DirectSql;

  constructor(pool: DatabasePool) {
    const names = new StatementNames();
    super({ adapter: new PrismaPg(pool, { statementNameGenerator: ({ sql }) => names.nameOf(sql) }) });
    this.direct = new DirectSql(pool, names);
  }
}
