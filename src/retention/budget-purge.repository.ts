import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A position in the order of days; the day is PostgreSQL's text for it. */
export interface BudgetRow {
  readonly day: string;
  readonly scope: string;
  readonly key: string;
}

interface Row extends BudgetRow {
  readonly seen: number;
  readonly purged: number;
}

/** Deletes the figures of old days. */
@Injectable()
export class BudgetPurgeRepository extends Purge<BudgetRow> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(before: Date, after: BudgetRow | null, limit: number): Promise<PurgeBatch<BudgetRow>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgeBudgets(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, day, scope, key } = last;
    return { purged, next: seen < limit ? null : { day, scope, key } };
  }
}

/** Needs no index of its own: the primary key is in the order of days. */
export function purgeBudgets(before: Date, after: BudgetRow | null, limit: number): Prisma.Sql {
  const rest = after
    ? Prisma.sql`(day, scope, key) > (${after.day}::date, ${after.scope}::budget_scope, ${after.key})`
    : Prisma.sql`true`;
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT ctid AS place, day, scope, key FROM budget_days
      WHERE day < (${before.toISOString()}::timestamptz AT TIME ZONE 'UTC')::date AND ${rest}
      ORDER BY day, scope, key LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), purged AS (
      DELETE FROM budget_days WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged,
           day::text AS day, scope::text AS scope, key
    FROM old ORDER BY old.day DESC, old.scope DESC, old.key DESC LIMIT 1`;
}
