import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';
import { smallestIdOf } from '../platform/runtime/ids.js';
import { Purge, type PurgeBatch } from './purge.js';

const FIRST = '00000000-0000-0000-0000-000000000000';

interface Row {
  readonly seen: number;
  readonly purged: number;
  readonly turnId: string;
}

/**
 * Deletes the steps of finished turns, counted from the turn's end, all steps of a turn at once. The turn's row stays,
 * with its tokens and its time. An unfinished turn keeps its steps, and so does one that is a dead letter: a replay
 * continues after them.
 */
@Injectable()
export class StepPurgeRepository extends Purge<string> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async batch(before: Date, after: string | null, limit: number): Promise<PurgeBatch<string>> {
    const [last] = await this.prisma.$queryRaw<Row[]>(purgeSteps(before, after, limit));
    if (!last) return { purged: 0, next: null };
    return { purged: last.purged, next: last.seen < limit ? null : last.turnId };
  }
}

/**
 * Needs no index of its own: a turn's id is a UUID of version 7, so the primary key of `steps` is in the order in which
 * the turns began, and a turn began before its end.
 */
export function purgeSteps(before: Date, after: string | null, limit: number): Prisma.Sql {
  return Prisma.sql`
    WITH old AS MATERIALIZED (
      SELECT turn_id, index FROM steps
      WHERE turn_id > ${after ?? FIRST}::uuid AND turn_id < ${smallestIdOf(before)}::uuid
      ORDER BY turn_id, index LIMIT ${limit}
    ), over AS MATERIALIZED (
      SELECT o.turn_id FROM (SELECT DISTINCT turn_id FROM old) o
      WHERE (SELECT true FROM turns t
             WHERE t.id = o.turn_id AND t.state NOT IN ('waiting', 'running')
               AND t.finished_at < ${before.toISOString()}::timestamptz LIMIT 1)
        AND (SELECT true FROM dead_letters d
             WHERE d.kind = 'turn' AND d.subject_id = o.turn_id::text LIMIT 1) IS NULL
    ), purged AS (
      DELETE FROM steps WHERE ctid = ANY (ARRAY(
        SELECT s.ctid FROM steps s WHERE s.turn_id = ANY (ARRAY(SELECT turn_id FROM over))
        FOR UPDATE SKIP LOCKED))
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM old) AS seen, (SELECT count(*)::int FROM purged) AS purged, turn_id AS "turnId"
    FROM old ORDER BY old.turn_id DESC LIMIT 1`;
}
