import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A position in the order of creation. The time is PostgreSQL's text for it, with its microseconds. */
export interface NotificationMark {
  readonly createdAt: string;
  readonly id: bigint;
}

interface Row extends NotificationMark {
  readonly seen: number;
  readonly purged: number;
}

/** Deletes notifications with their deliveries, counted from what they tell of. */
@Injectable()
export class NotificationPurgeRepository extends Purge<NotificationMark> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(
    before: Date,
    after: NotificationMark | null,
    limit: number,
  ): Promise<PurgeBatch<NotificationMark>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgeNotifications(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, createdAt, id } = last;
    return { purged, next: seen < limit ? null : { createdAt, id } };
  }
}

function purgeNotifications(before: Date, after: NotificationMark | null, limit: number): Prisma.Sql {
  const rest = after
    ? Prisma.sql`(created_at, id) > (${after.createdAt}::timestamptz, ${after.id})`
    : Prisma.sql`true`;
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT created_at, id FROM notifications
      WHERE created_at < ${before.toISOString()}::timestamptz AND ${rest}
      ORDER BY created_at, id LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), deliveries AS (
      DELETE FROM notification_deliveries WHERE notification_id = ANY (ARRAY(SELECT id FROM old))
    ), purged AS (
      DELETE FROM notifications WHERE id = ANY (ARRAY(SELECT id FROM old)) RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged,
           created_at::text AS "createdAt", id
    FROM old ORDER BY old.created_at DESC, old.id DESC LIMIT 1`;
}
