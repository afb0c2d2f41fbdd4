import { Injectable } from '@nestjs/common';
import { PrismaService } from './prisma.service.js';

/** The time that all processes share. */
@Injectable()
export class DatabaseClock {
  constructor(private readonly prisma: PrismaService) {}

  async now(): Promise<Date> {
    const [row] = await this.prisma.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    if (!row) throw new Error('the database did not tell its time');
    return row.now;
  }
}
