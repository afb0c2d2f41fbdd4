import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { DatabasePool } from '../database/database-pool.js';
import type { EventKind } from '../generated/prisma/client.js';

/** An event about to be stored. */
export interface NewEvent {
  readonly source: string;
  readonly externalId: string;
  readonly conversationId: string;
  readonly kind: EventKind;
  /** JSON text, as received. */
  readonly payload: string;
  /** Past the backlog limit: recorded, never processed. */
  readonly dropped: boolean;
}

/** What became of it. `gone`: its conversation has been erased meanwhile. */
export type StoredEvent =
  | { readonly kind: 'inserted'; readonly laneIdle: boolean }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'gone' };

interface Row {
  readonly position: string;
  readonly inserted: boolean;
  readonly known: boolean;
  readonly taken: boolean;
  readonly busy: boolean;
}

/** pg's own limit for one query, which its types leave out: past it the query rejects and its connection is closed. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** A commit may take this long; past it the door answers 503 and the update is sent again. */
export const STORE_TIMEOUT_MS = 5_000;

/** Writes the inbox. One statement for many events, on the bare driver: this is the door's hot path. */
@Injectable()
export class EventRepository {
  constructor(private readonly pool: DatabasePool) {}

  /**
   * Stores all events in one durable statement, in the given order, each at most once by `(source, externalId)`.
   * `laneIdle` tells, from the same snapshot, whether the conversation had nothing of that kind waiting before, so that
   * only then its lane needs to be woken.
   */
  async store(events: readonly NewEvent[]): Promise<StoredEvent[]> {
    const firstOfKey = new Map<string, number>();
    for (const [index, event] of events.entries()) {
      const key = `${event.source}:${event.externalId}`;
      if (!firstOfKey.has(key)) firstOfKey.set(key, index);
    }
    const firsts = [...firstOfKey.values()];
    const unique = firsts.flatMap((index) => events[index] ?? []);
    const query: TimedQuery = {
      name: 'store-events',
      text: STORE_EVENTS,
      values: [
        unique.map((event) => event.source),
        unique.map((event) => event.externalId),
        unique.map((event) => event.conversationId),
        unique.map((event) => event.kind),
        unique.map((event) => event.payload),
        unique.map((event) => event.dropped),
      ],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const result = await this.pool.query<Row>(query);
    const outcomes = events.map((): StoredEvent => ({ kind: 'duplicate' }));
    for (const row of result.rows) {
      const index = firsts[Number(row.position) - 1];
      if (index !== undefined) outcomes[index] = outcomeOf(row);
    }
    return outcomes;
  }

  /** How many messages of a conversation wait, counted no further than `limit`. */
  async countWaiting(conversationId: string, limit: number): Promise<number> {
    const query: TimedQuery = {
      name: 'count-waiting',
      text: `SELECT count(*)::int AS waiting FROM (
               SELECT 1 FROM events
               WHERE conversation_id = $1::uuid AND state = 'waiting' AND kind = 'message' LIMIT $2) AS first`,
      values: [conversationId, limit],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<{ waiting: number }>(query);
    return rows[0]?.waiting ?? 0;
  }
}

function outcomeOf(row: Row): StoredEvent {
  if (row.inserted) return { kind: 'inserted', laneIdle: !row.busy };
  return row.known || row.taken ? { kind: 'duplicate' } : { kind: 'gone' };
}

const STORE_EVENTS = `
  WITH incoming AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::event_kind[], $5::text[], $6::boolean[])
      WITH ORDINALITY AS i (source, external_id, conversation_id, kind, payload, dropped, position)
  ), inserted AS (
    INSERT INTO events (source, external_id, conversation_id, kind, payload, state)
    SELECT i.source, i.external_id, i.conversation_id, i.kind, i.payload::json,
           CASE WHEN i.dropped THEN 'dropped' ELSE 'waiting' END::event_state
    FROM incoming i JOIN conversations c ON c.id = i.conversation_id
    ORDER BY i.position
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING source, external_id
  )
  SELECT i.position,
         inserted.external_id IS NOT NULL AS inserted,
         EXISTS (SELECT 1 FROM conversations c WHERE c.id = i.conversation_id) AS known,
         inserted.external_id IS NULL AND EXISTS (
           SELECT 1 FROM events e WHERE e.source = i.source AND e.external_id = i.external_id) AS taken,
         EXISTS (
           SELECT 1 FROM events w
           WHERE w.conversation_id = i.conversation_id AND w.state = 'waiting' AND w.kind = i.kind) AS busy
  FROM incoming i LEFT JOIN inserted USING (source, external_id)`;
