import { Injectable } from '@nestjs/common';
import type { UserId } from '../../src/channel/ids.js';
import { PrismaService } from '../../src/platform/database/prisma.service.js';

/** A book that a reader has at home. */
export interface Loan {
  readonly id: number;
  readonly title: string;
  /** A day, e.g. `2026-12-24`. */
  readonly dueOn: string;
}

export type Renewal =
  | { readonly kind: 'renewed'; readonly loan: Loan }
  | { readonly kind: 'too-often'; readonly loan: Loan }
  /** The reader has no such loan. */
  | { readonly kind: 'unknown' };

interface LoanRow extends Loan {
  readonly renewedBy: readonly string[];
}

/** The table `library.loans`. */
@Injectable()
export class LoanRepository {
  constructor(private readonly prisma: PrismaService) {}

  async add(readerId: UserId, title: string, dueOn: string): Promise<number> {
    const rows = await this.prisma.$queryRaw<{ id: number }[]>`
      INSERT INTO library.loans (reader_id, title, due_on) VALUES (${readerId}, ${title}, ${dueOn}::date)
      RETURNING id`;
    return rows[0]?.id ?? 0;
  }

  /** The next one due comes first. */
  findByReader(readerId: UserId): Promise<Loan[]> {
    return this.prisma.$queryRaw`
      SELECT id, title, due_on::text AS "dueOn" FROM library.loans
      WHERE reader_id = ${readerId} ORDER BY due_on, id LIMIT 100`;
  }

  /**
   * Puts off the return of a loan.
   * @param key of the call: the same key renews once, however often it comes
   */
  async renew(
    { id, readerId, key }: { id: number; readerId: UserId; key: string },
    { days, atMost }: { days: number; atMost: number },
  ): Promise<Renewal> {
    const [renewed] = await this.prisma.$queryRaw<Loan[]>`
      UPDATE library.loans
      SET due_on = due_on + ${days}::int, renewed_by = renewed_by || ${key}::text
      WHERE id = ${id} AND reader_id = ${readerId}
        AND cardinality(renewed_by) < ${atMost} AND ${key} <> ALL (renewed_by)
      RETURNING id, title, due_on::text AS "dueOn"`;
    if (renewed) return { kind: 'renewed', loan: renewed };
    const [row] = await this.prisma.$queryRaw<LoanRow[]>`
      SELECT id, title, due_on::text AS "dueOn", renewed_by AS "renewedBy" FROM library.loans
      WHERE id = ${id} AND reader_id = ${readerId}`;
    if (!row) return { kind: 'unknown' };
    const { renewedBy, ...loan } = row;
    return { kind: renewedBy.includes(key) ? 'renewed' : 'too-often', loan };
  }
}
