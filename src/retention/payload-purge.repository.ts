import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A position in the order of arrival. The time is PostgreSQL's text for it: a `Date` has no microseconds. */
export interface PayloadArrival {
  readonly receivedAt: string;
  readonly id: bigint;
}

interface Row extends PayloadArrival {
  readonly seen: number;
  readonly purged: number;
}

/**
 * Empties `events.payload` of finished events, counted from their arrival. The row stays: by its source and external id
 * a redelivered update is still recognised. A waiting or claimed event keeps its payload, and so does one whose turn is
 * a dead letter: a replay reads the message's author from it.
 */
@Injectable()
export class PayloadPurgeRepository extends Purge<PayloadArrival> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(
    before: Date,
    after: PayloadArrival | null,
    limit: number,
  ): Promise<PurgeBatch<PayloadArrival>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgePayloads(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, receivedAt, id } = last;
    return { purged, next: seen < limit ? null : { receivedAt, id } };
  }
}

/**
 * One statement, so that the dead letters and the events are of one moment: a replay makes a letter's events `claimed`
 * in the transaction that deletes the letter. The letters are looked up by subqueries with LIMIT, each by the index: an
 * EXISTS may be planned as one hash table of all letters.
 */
export function purgePayloads(before: Date, after: PayloadArrival | null, limit: number): Prisma.Sql {
  const rest = after
    ? Prisma.sql`(received_at, id) > (${after.receivedAt}::timestamptz, ${after.id}::bigint)`
    : Prisma.sql`true`;
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT id, received_at, turn_id FROM events
      WHERE payload IS NOT NULL AND state IN ('done', 'dropped', 'dead')
        AND received_at < ${before.toISOString()}::timestamptz AND ${rest}
      ORDER BY received_at, id LIMIT ${limit}
      FOR NO KEY UPDATE SKIP LOCKED
    ), purged AS (
      UPDATE events SET payload = NULL WHERE id = ANY (ARRAY(
        SELECT o.id FROM old o
        WHERE (SELECT true FROM dead_letters d
               WHERE d.kind = 'turn' AND d.subject_id = o.turn_id::text LIMIT 1) IS NULL
          AND (SELECT true FROM dead_letters d
               WHERE d.kind = 'event' AND d.subject_id = o.id::text LIMIT 1) IS NULL))
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged,
           received_at::text AS "receivedAt", id
    FROM old ORDER BY old.received_at DESC, old.id DESC LIMIT 1`;
}
