import { Injectable } from '@nestjs/common';
import { TRIGGER_SOURCE } from '../../channel/event-source.js';
import {
  type EventKind,
  type EventState,
  Prisma,
  type TriggerOutcome,
  type TriggerResult,
} from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { notErased, SCANNED_ROWS } from '../listing/page-sql.js';

export interface EventFilter {
  readonly source: string | null;
  readonly triggerId: string | null;
  readonly state: EventState | null;
  readonly conversationId: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** An event as a listing shows it. */
export interface EventRow {
  readonly id: bigint;
  readonly source: string;
  readonly externalId: string;
  readonly kind: EventKind;
  readonly state: EventState;
  readonly receivedAt: Date;
  readonly conversationId: string | null;
  readonly turnId: string | null;
  readonly triggerId: string | null;
  /** The result of the shown outcome: a failed one before an accepted one before a filtered one; null: there is none. */
  readonly result: TriggerResult | null;
  /** The code of that outcome or, for a dead event, of its dead letter. */
  readonly code: string | null;
  readonly reason: string | null;
}

/** Lists events for operators, the newest first: in the order of their ids. */
@Injectable()
export class EventListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` events older than the one with the id `after`, of those that pass the filter. */
  async rows(filter: EventFilter, after: bigint | null, limit: number): Promise<EventRow[]> {
    return await this.prisma.$queryRaw<EventRow[]>(eventRows(filter, after, limit));
  }

  /**
   * The position from which a filtered page continues after it read `SCANNED_ROWS` rows; null: it reached the last one.
   */
  async endOfScan({ triggerId }: EventFilter, after: bigint | null): Promise<bigint | null> {
    const [row] = await this.prisma.$queryRaw<{ id: bigint }[]>`
      SELECT id FROM (${newest(triggerId, after, SCANNED_ROWS)}) AS newest
      ORDER BY id DESC LIMIT 1 OFFSET ${SCANNED_ROWS - 1}`;
    return row?.id ?? null;
  }

  /** @returns null if there is none, or its conversation is being erased */
  async find(id: bigint): Promise<EventRow | null> {
    const [row] = await this.prisma.$queryRaw<EventRow[]>(
      shown(Prisma.sql`SELECT * FROM events WHERE id = ${id}`, notErased, 1),
    );
    return row ?? null;
  }

  async payload(id: bigint): Promise<unknown> {
    return (
      (await this.prisma.event.findUnique({ where: { id }, select: { payload: true } }))?.payload ?? null
    );
  }

  /** The outcomes of a webhook, in the order of its triggers. */
  async outcomes(eventId: bigint): Promise<(TriggerOutcome & { readonly trigger: string | null })[]> {
    const outcomes = await this.prisma.triggerOutcome.findMany({
      where: { eventId },
      orderBy: { triggerId: 'asc' },
    });
    const triggers = await this.prisma.trigger.findMany({
      where: { id: { in: outcomes.map(({ triggerId }) => triggerId) } },
      select: { id: true, name: true },
    });
    const names = new Map(triggers.map(({ id, name }) => [id, name]));
    return outcomes.map((outcome) => ({ ...outcome, trigger: names.get(outcome.triggerId) ?? null }));
  }
}

/** The statement behind `EventListingRepository.rows`, exported to inspect its plan. */
export function eventRows(filter: EventFilter, after: bigint | null, limit: number): Prisma.Sql {
  const { source, triggerId, state, conversationId, from, to } = filter;
  const conditions = [
    source === null ? null : Prisma.sql`source = ${source}`,
    state === null ? null : Prisma.sql`state = ${state}::event_state`,
    conversationId === null ? null : Prisma.sql`conversation_id = ${conversationId}::uuid`,
    from === null ? null : Prisma.sql`received_at >= ${from}`,
    to === null ? null : Prisma.sql`received_at < ${to}`,
  ].filter((condition) => condition !== null);
  // What a trigger has seen is in no conversation, so none of it is left out.
  const isWhole = triggerId !== null && conditions.length === 0;
  const rows = newest(triggerId, after, isWhole ? limit : SCANNED_ROWS);
  return shown(rows, Prisma.join([notErased, ...conditions], ' AND '), limit);
}

/** The events behind a position; by a trigger, those that it has seen. */
function newest(triggerId: string | null, after: bigint | null, limit: number): Prisma.Sql {
  if (triggerId === null) {
    const older = after === null ? Prisma.sql`true` : Prisma.sql`id < ${after}`;
    return Prisma.sql`SELECT * FROM events WHERE ${older} ORDER BY id DESC LIMIT ${limit}`;
  }
  const older = after === null ? Prisma.sql`true` : Prisma.sql`o.event_id < ${after}`;
  return Prisma.sql`
    SELECT e.* FROM (
      SELECT o.event_id FROM trigger_outcomes o WHERE o.trigger_id = ${triggerId}::uuid AND ${older}
      ORDER BY o.event_id DESC LIMIT ${limit}
    ) AS seen JOIN events e ON e.id = seen.event_id
    ORDER BY e.id DESC`;
}

function shown(rows: Prisma.Sql, condition: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT e.id, e.source, e.external_id AS "externalId", e.kind::text AS kind, e.state::text AS state,
           e.received_at AS "receivedAt", e.conversation_id AS "conversationId", e.turn_id AS "turnId",
           CASE WHEN e.source = ${TRIGGER_SOURCE} THEN split_part(e.external_id, ':', 1)
                ELSE o.trigger_id::text END AS "triggerId",
           o.result::text AS result, coalesce(o.code, d.reason) AS code, coalesce(o.reason, d.last_error) AS reason
    FROM (SELECT * FROM (${rows}) AS newest WHERE ${condition} ORDER BY id DESC LIMIT ${limit}) AS e
    LEFT JOIN LATERAL (
      SELECT trigger_id, result, code, reason FROM trigger_outcomes WHERE event_id = e.id
      ORDER BY result = 'failed' DESC, result = 'accepted' DESC, trigger_id LIMIT 1
    ) AS o ON e.kind = 'webhook'
    LEFT JOIN LATERAL (
      SELECT reason, last_error FROM dead_letters
      WHERE (kind, subject_id) IN (('event', e.id::text), ('turn', e.turn_id::text)) LIMIT 1
    ) AS d ON e.state = 'dead'
    ORDER BY e.id DESC`;
}
