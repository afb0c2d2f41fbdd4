import type { DatabasePool } from '../platform/database/database-pool.js';
import type { EventKind } from '../generated/prisma/client.js';

/** The result of checking a listed event. */
export interface Reviewed {
  readonly eventId: string;
  readonly source: string;
  readonly kind: EventKind;
  /** False for an event that is recorded only. */
  readonly waits: boolean;
  readonly conversationId: string | null;
  /**
   * `confirmed`: its conversation exists, and a later erasure finds the event; `locked`: not known yet; `gone`: it is
   * in no existing conversation.
   */
  readonly verdict: 'confirmed' | 'locked' | 'gone';
  /** As received; null unless it is gone. */
  readonly payload: unknown;
}

/** An event and the conversation it is assigned to. */
export interface EventAttachment {
  readonly eventId: string;
  readonly conversationId: string;
}

/** The list of events that were stored without a lock on their conversation. No statement waits for a lock. */
export class UnconfirmedEventRepository {
  constructor(private readonly pool: DatabasePool) {}

  /** Checks up to `limit` listed events after an id, in order; confirmed and finished ones leave the list. */
  async review(after: string, limit: number): Promise<{ reviewed: Reviewed[]; next: string | null }> {
    const { rows } = await this.pool.query<
      Omit<Reviewed, 'verdict'> & { verdict: Reviewed['verdict'] | 'over' }
    >({ name: 'review-unconfirmed', text: REVIEW, values: [after, limit] });
    return {
      reviewed: rows.flatMap(({ verdict, ...event }) => (verdict === 'over' ? [] : { ...event, verdict })),
      next: rows.length < limit ? null : (rows.at(-1)?.eventId ?? null),
    };
  }

  /** @returns the ids of the events that are in their conversation and left the list */
  async attach(attachments: readonly EventAttachment[]): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'attach-events',
      text: ATTACH,
      values: [
        attachments.map(({ eventId }) => eventId),
        attachments.map(({ conversationId }) => conversationId),
      ],
    });
    return rows.map(({ id }) => id);
  }

  /** For events without a conversation: their rows still identify duplicates. */
  async erase(eventIds: readonly string[]): Promise<void> {
    await this.pool.query({ name: 'erase-unconfirmed', text: ERASE, values: [eventIds] });
  }
}

const LIVE = 'SELECT true FROM conversations c WHERE c.erased_at IS NULL AND c.id =';

/**
 * Locks in the order of all transactions: conversations, then the list. A conversation that is deleted or locked after
 * the statement's snapshot counts as locked, and is checked again.
 */
const REVIEW = `
  WITH listed AS MATERIALIZED (
    SELECT u.event_id, e.source, e.kind, e.state, e.conversation_id, e.payload,
      CASE
        WHEN e.id IS NULL OR e.state NOT IN ('waiting', 'dropped') THEN 'over'
        WHEN (${LIVE} e.conversation_id LIMIT 1 FOR KEY SHARE SKIP LOCKED) THEN 'confirmed'
        WHEN (${LIVE} e.conversation_id LIMIT 1) THEN 'locked'
        ELSE 'gone' END AS verdict
    FROM (SELECT event_id FROM unconfirmed_events WHERE event_id > $1::bigint ORDER BY event_id LIMIT $2) AS u
    LEFT JOIN events e ON e.id = u.event_id
  ), settled AS (
    DELETE FROM unconfirmed_events u WHERE u.event_id = ANY (ARRAY(
      SELECT o.event_id FROM unconfirmed_events o JOIN listed l ON l.event_id = o.event_id
      WHERE l.verdict IN ('over', 'confirmed') FOR UPDATE OF o SKIP LOCKED))
  )
  SELECT event_id::text AS "eventId", source, kind, coalesce(state = 'waiting', false) AS waits,
         conversation_id AS "conversationId", verdict, CASE verdict WHEN 'gone' THEN payload END AS payload
  FROM listed ORDER BY event_id`;

/** Only events still listed: another process may have assigned a conversation, and a worker may use the event there. */
const ATTACH = `
  WITH placed AS MATERIALIZED (
    SELECT p.event_id, p.conversation_id FROM unnest($1::bigint[], $2::uuid[]) AS p (event_id, conversation_id)
    WHERE (${LIVE} p.conversation_id LIMIT 1 FOR KEY SHARE SKIP LOCKED)
  ), free AS MATERIALIZED (
    SELECT e.id FROM events e
    WHERE e.id = ANY (ARRAY(SELECT event_id FROM placed)) AND e.state IN ('waiting', 'dropped')
    ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
  ), settled AS (
    DELETE FROM unconfirmed_events u WHERE u.event_id = ANY (ARRAY(
      SELECT o.event_id FROM unconfirmed_events o JOIN free f ON f.id = o.event_id FOR UPDATE OF o SKIP LOCKED))
    RETURNING u.event_id
  )
  UPDATE events e SET conversation_id = p.conversation_id
  FROM placed p JOIN settled s ON s.event_id = p.event_id
  WHERE e.id = p.event_id
  RETURNING e.id::text AS id`;

const ERASE = `
  WITH free AS MATERIALIZED (
    SELECT e.id FROM events e WHERE e.id = ANY ($1::bigint[]) AND e.state IN ('waiting', 'dropped')
    ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
  ), settled AS (
    DELETE FROM unconfirmed_events u WHERE u.event_id = ANY (ARRAY(SELECT id FROM free)) RETURNING u.event_id
  )
  UPDATE events SET state = 'erased', payload = NULL, conversation_id = NULL
  WHERE id = ANY (ARRAY(SELECT event_id FROM settled))`;
