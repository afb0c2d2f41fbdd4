import { Injectable } from '@nestjs/common';
import { isWithin } from '../platform/database/deferred.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { type BusyMode, Prisma } from '../generated/prisma/client.js';
import { isFreeLease } from '../queue/lease/lease.repository.js';
import { UNWRITTEN_SOURCES } from '../channel/event-source.js';

/** An idle worker takes a message within milliseconds: a message that waits longer waits for a worker. */
const TAKEN_WITHIN_MS = 3_000;
/** Rows read; the rest of a longer line is not counted. */
const LOOKED_AT = 20_000;
/** The newest turns, from whose times the estimate is made. */
const SAMPLE = 100;

/** A conversation that waits for a worker and has not been notified. */
export interface BacklogWaiting {
  readonly conversationId: string;
  /** From 1, by the age of its oldest message. */
  readonly position: number;
}

/** The speed of the line. */
export interface Pace {
  /** Turns that run at this moment. */
  readonly running: number;
  /** The average time of the newest turns, so far or in all; null: unknown. */
  readonly turnMs: number | null;
}

/** The conversations that wait for a worker. */
@Injectable()
export class BacklogRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * In the order in which they wait.
   * @param from leaves out those before this position
   * @param mode the busy mode of chats that have not chosen one: in `collect` mode messages wait on purpose
   */
  async untold(from: number, limit: number, mode: BusyMode): Promise<BacklogWaiting[]> {
    return await this.prisma.$queryRaw<BacklogWaiting[]>(untoldStatement(from, limit, mode));
  }

  async pace(): Promise<Pace> {
    const [pace] = await this.prisma.$queryRaw<Pace[]>`
      SELECT (SELECT count(*)::int FROM turns WHERE state = 'running') AS running,
             (SELECT 1000 * avg(extract(epoch FROM coalesce(finished_at, clock_timestamp()) - started_at))::float8
              FROM (SELECT state, started_at, finished_at FROM turns ORDER BY id DESC LIMIT ${SAMPLE}) AS newest
              WHERE state IN ('running', 'done')) AS "turnMs"`;
    return pace ?? { running: 0, turnMs: null };
  }
}

/** The statement behind `BacklogRepository.untold`, exported to inspect its plan. */
function untoldStatement(from: number, limit: number, mode: BusyMode): Prisma.Sql {
  return Prisma.sql`
    WITH line AS (
      SELECT id, min(event_id) AS event_id, min(received_at) AS since, bool_or(written) AS written
      FROM (SELECT conversation_id AS id, id AS event_id, received_at, source <> ALL (${UNWRITTEN_SOURCES}::text[]) AS written
            FROM events WHERE state = 'waiting' AND kind = 'message' LIMIT ${LOOKED_AT}) AS waiting
      GROUP BY id
    ), placed AS (
      SELECT line.id, since, written, c.busy_mode, row_number() OVER (ORDER BY event_id)::int AS position
      FROM line JOIN conversations c ON c.id = line.id AND c.status = 'active'
      LEFT JOIN leases l ON l.conversation_id = line.id AND l.lane = 'turns'
      WHERE ${isFreeLease('l')}
    )
    SELECT id AS "conversationId", position FROM placed
    WHERE position >= ${from}::float8 AND written
      AND NOT (${isWithin(Prisma.sql`since`, TAKEN_WITHIN_MS)})
      AND coalesce(busy_mode, ${mode}::busy_mode) <> 'collect'
      AND (SELECT true FROM wait_notices n WHERE n.conversation_id = placed.id) IS NULL
    ORDER BY position LIMIT ${limit}`;
}
