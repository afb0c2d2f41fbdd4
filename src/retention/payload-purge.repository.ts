import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { Purge, type PurgeBatch } from './purge.js';

/** A place in the order of arrival. The time is PostgreSQL's text for it: a `Date` has no microseconds. */
export interface Arrival {
  readonly receivedAt: string;
  readonly id: bigint;
}

interface Row extends Arrival {
  readonly seen: number;
  readonly purged: number;
}

/**
 * Empties `events.payload` of finished events, counted from their arrival. The row stays: by its source and external id
 * an update that is delivered again is still known. An event that waits or is claimed keeps its payload, and so does
 * one whose turn is a dead letter: a replay asks it who wrote the message.
 */
@Injectable()
export class PayloadPurge extends Purge<Arrival> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(before: Date, after: Arrival | null, limit: number): Promise<PurgeBatch<Arrival>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgePayloads(before, after, limit));
    if (!last) return { purged: 0, next: null };
    const { seen, purged, receivedAt, id } = last;
    return { purged, next: seen < limit ? null : { receivedAt, id } };
  }
}

/**
 * One statement, so that the dead letters and the events are of one moment: whoever replays a letter makes its events
 * `claimed` in the transaction that removes it. The letters are looked up by subqueries with LIMIT, each by the index:
 * an EXISTS may be planned as one hash table of all letters.
 */
export function purgePayloads(before: Date, after: Arrival | null, limit: number): Prisma.Sql {
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
