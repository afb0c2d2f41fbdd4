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

interface Key {
  readonly source: string;
  readonly external_id: string;
}

interface InsertedRow extends Key {
  /** Null: nothing of its kind waited in the conversation. */
  readonly busy: true | null;
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
      const key = keyOf(event.source, event.externalId);
      if (!firstOfKey.has(key)) firstOfKey.set(key, index);
    }
    const unique = [...firstOfKey.values()].flatMap((index) => events[index] ?? []);
    const outcomes = events.map((): StoredEvent => ({ kind: 'duplicate' }));
    const settle = (row: Key, outcome: StoredEvent) => {
      const index = firstOfKey.get(keyOf(row.source, row.external_id));
      if (index !== undefined) outcomes[index] = outcome;
    };
    const inserted = await this.insert(unique);
    for (const row of inserted) settle(row, { kind: 'inserted', laneIdle: row.busy === null });
    if (inserted.length < unique.length)
      for (const row of await this.missing(unique)) settle(row, { kind: 'gone' });
    return outcomes;
  }

  private async insert(events: readonly NewEvent[]): Promise<InsertedRow[]> {
    const query: TimedQuery = {
      name: 'store-events',
      text: STORE_EVENTS,
      values: [
        events.map((event) => event.source),
        events.map((event) => event.externalId),
        events.map((event) => event.conversationId),
        events.map((event) => event.kind),
        events.map((event) => event.payload),
        events.map((event) => event.dropped),
      ],
      query_timeout: STORE_TIMEOUT_MS,
    };
    return (await this.pool.query<InsertedRow>(query)).rows;
  }

  /** Those that were neither inserted nor stored before. */
  private async missing(events: readonly NewEvent[]): Promise<Key[]> {
    const query: TimedQuery = {
      name: 'missing-events',
      text: MISSING_EVENTS,
      values: [events.map((event) => event.source), events.map((event) => event.externalId)],
      query_timeout: STORE_TIMEOUT_MS,
    };
    return (await this.pool.query<Key>(query)).rows;
  }

  /** How many messages wait in each of these conversations, in order, counted no further than `limit`. */
  async countWaiting(conversationIds: readonly string[], limit: number): Promise<number[]> {
    const query: TimedQuery = {
      name: 'count-waiting',
      text: COUNT_WAITING,
      values: [conversationIds, limit],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<{ waiting: number }>(query);
    return rows.map(({ waiting }) => waiting);
  }
}

const keyOf = (source: string, externalId: string): string => `${source}:${externalId}`;

/**
 * Looks things up by subqueries with LIMIT, not by EXISTS or JOIN: of those the planner may make one hash table of all
 * conversations, or of everything that waits anywhere, and keep that plan from when the tables were empty. Then each
 * commit would cost as much as the whole backlog.
 */
const STORE_EVENTS = `
  WITH inserted AS (
    INSERT INTO events (source, external_id, conversation_id, kind, payload, state)
    SELECT i.source, i.external_id, i.conversation_id, i.kind, i.payload::json,
           CASE WHEN i.dropped THEN 'dropped' ELSE 'waiting' END::event_state
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::event_kind[], $5::text[], $6::boolean[])
      WITH ORDINALITY AS i (source, external_id, conversation_id, kind, payload, dropped, position)
    WHERE (SELECT true FROM conversations c WHERE c.id = i.conversation_id LIMIT 1)
    ORDER BY i.position
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING source, external_id, conversation_id, kind
  )
  SELECT i.source, i.external_id,
         (SELECT true FROM events w
          WHERE w.conversation_id = i.conversation_id AND w.state = 'waiting' AND w.kind = i.kind LIMIT 1) AS busy
  FROM inserted i`;

const MISSING_EVENTS = `
  SELECT i.source, i.external_id FROM unnest($1::text[], $2::text[]) AS i (source, external_id)
  WHERE (SELECT true FROM events e WHERE e.source = i.source AND e.external_id = i.external_id LIMIT 1) IS NULL`;

const COUNT_WAITING = `
  SELECT (SELECT count(*)::int FROM (
            SELECT 1 FROM events e
            WHERE e.conversation_id = i.id AND e.state = 'waiting' AND e.kind = 'message' LIMIT $2) AS first) AS waiting
  FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, position) ORDER BY i.position`;
