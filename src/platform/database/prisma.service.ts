import { Injectable } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/prisma/client.js';
import { DatabasePool } from './database-pool.js';

/** Prisma over this process's pool. It connects with the first query and never needs `$connect`. */
@Injectable()
export class PrismaService extends PrismaClient {
  constructor(pool: DatabasePool) {
    super({ adapter: new PrismaPg(pool) });
  }
}
