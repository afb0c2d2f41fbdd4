import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A position in the order of ending. The time is PostgreSQL's text for it, with its microseconds. */
export interface ScheduleEnding {
  readonly endedAt: string;
  readonly id: string;
}

interface Row extends ScheduleEnding {
  readonly seen: number;
  readonly purged: number;
}

/** Deletes schedules that have ended, counted from their end. */
@Injectable()
export class SchedulePurgeRepository extends Purge<ScheduleEnding> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(
    before: Date,
    after: ScheduleEnding | null,
    limit: number,
  ): Promise<PurgeBatch<ScheduleEnding>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgeSchedules(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, endedAt, id } = last;
    return { purged, next: seen < limit ? null : { endedAt, id } };
  }
}

function purgeSchedules(before: Date, after: ScheduleEnding | null, limit: number): Prisma.Sql {
  const rest = after
    ? Prisma.sql`(ended_at, id) > (${after.endedAt}::timestamptz, ${after.id}::uuid)`
    : Prisma.sql`true`;
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT ctid AS place, ended_at, id FROM schedules
      WHERE ended_at IS NOT NULL AND ended_at < ${before.toISOString()}::timestamptz AND ${rest}
      ORDER BY ended_at, id LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), purged AS (
      DELETE FROM schedules WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged,
           ended_at::text AS "endedAt", id
    FROM old ORDER BY old.ended_at DESC, old.id DESC LIMIT 1`;
}
