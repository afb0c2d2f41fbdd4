import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A position in the order of settling. The time is PostgreSQL's text for it, with its microseconds. */
export interface Settlement {
  readonly settledAt: string;
  readonly id: bigint;
}

interface Row extends Settlement {
  readonly seen: number;
  readonly purged: number;
}

/**
 * Deletes settled replies, counted from their settling; the history keeps their text. The parts of one message are
 * deleted together, so that its delivery is shown for all of them or for none: while one part is open, too recent, or a
 * dead letter, the others stay with it.
 */
@Injectable()
export class ReplyPurgeRepository extends Purge<Settlement> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(before: Date, after: Settlement | null, limit: number): Promise<PurgeBatch<Settlement>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgeReplies(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, settledAt, id } = last;
    return { purged, next: seen < limit ? null : { settledAt, id } };
  }
}

/**
 * One statement, so that the dead letters and the replies are of one moment: a replay deletes a letter and opens its
 * reply.
 */
export function purgeReplies(before: Date, after: Settlement | null, limit: number): Prisma.Sql {
  const bound = Prisma.sql`${before.toISOString()}::timestamptz`;
  const rest = after
    ? Prisma.sql`(settled_at, id) > (${after.settledAt}::timestamptz, ${after.id}::bigint)`
    : Prisma.sql`true`;
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT id, settled_at, message_id FROM replies
      WHERE settled_at IS NOT NULL AND settled_at < ${bound} AND ${rest}
      ORDER BY settled_at, id LIMIT ${limit}
    ), over AS MATERIALIZED (
      SELECT o.id, o.message_id FROM old o
      WHERE ${deadLetterOf('o')} IS NULL
        AND (SELECT true FROM replies p
             WHERE p.message_id = o.message_id
               AND (p.settled_at IS NULL OR p.settled_at >= ${bound} OR ${deadLetterOf('p')}) LIMIT 1) IS NULL
    ), purged AS (
      DELETE FROM replies WHERE id = ANY (ARRAY(
        SELECT p.id FROM replies p
        WHERE p.id = ANY (ARRAY(SELECT id FROM over)) OR p.message_id = ANY (ARRAY(SELECT message_id FROM over))
        FOR UPDATE SKIP LOCKED))
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged,
           settled_at::text AS "settledAt", id
    FROM old ORDER BY old.settled_at DESC, old.id DESC LIMIT 1`;
}

function deadLetterOf(reply: 'o' | 'p'): Prisma.Sql {
  return Prisma.sql`(
    SELECT true FROM dead_letters d
    WHERE d.kind = 'reply' AND d.subject_id = ${Prisma.raw(reply)}.id::text LIMIT 1)`;
}
