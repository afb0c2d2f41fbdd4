import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { DatabasePool } from '../database/database-pool.js';
import type { EventKind } from '../generated/prisma/client.js';
import { BoundedMap } from '../runtime/bounded-map.js';

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

/** What a commit answers, in one row. */
interface StoreRow {
  /** The ids of the events that were inserted, ascending, so in the order they were given; null for none. */
  readonly ids: readonly string[] | null;
  /** Their keys in the same order; null where all were inserted. */
  readonly keys: readonly string[] | null;
  /** Those of the previous events that still wait; null for none. */
  readonly waiting: readonly string[] | null;
}

interface Key {
  readonly source: string;
  readonly external_id: string;
}

/** Conversations whose last event is remembered; a forgotten one costs a needless wake-up. */
const LAST_EVENTS = 50_000;

/** pg's own limit for one query, which its types leave out: past it the query rejects and its connection is closed. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** A commit may take this long; past it the door answers 503 and the update is sent again. */
export const STORE_TIMEOUT_MS = 5_000;

/** Writes the inbox. One statement for many events, on the bare driver: this is the door's hot path. */
@Injectable()
export class EventRepository {
  /** The id of the event that this process stored last, for each kind and conversation. */
  private readonly last: Readonly<Record<EventKind, BoundedMap<string, string>>> = {
    message: new BoundedMap(LAST_EVENTS),
    command: new BoundedMap(LAST_EVENTS),
    edit: new BoundedMap(LAST_EVENTS),
  };

  constructor(private readonly pool: DatabasePool) {}

  /**
   * Stores all events in one durable statement, in the given order, each at most once by `(source, externalId)`.
   * `laneIdle` tells whether the lane needs to be woken: false only where an event of that kind, for which this process
   * had it woken, still waits in the conversation, by the same snapshot. Where another process did, it is true once
   * more than needed.
   */
  async store(events: readonly NewEvent[]): Promise<StoredEvent[]> {
    const previous = events.map((event) => this.last[event.kind].get(event.conversationId) ?? null);
    const { ids, keys, waiting } = await this.insert(events, previous);
    const still = new Set(waiting);
    const inserted = (event: NewEvent, id: string, before: string | null): StoredEvent => {
      if (!event.dropped) this.last[event.kind].set(event.conversationId, id);
      return before !== null && still.has(before) ? busyLane : idleLane;
    };
    if (keys === null && ids?.length === events.length) {
      return events.map((event, index) => inserted(event, ids[index] ?? '', previous[index] ?? null));
    }
    const idOfKey = new Map(keys?.map((key, index) => [key, ids?.[index] ?? '']));
    const gone = new Set((await this.missing(events)).map((row) => keyOf(row.source, row.external_id)));
    return events.map((event, index) => {
      const key = keyOf(event.source, event.externalId);
      if (gone.has(key)) return { kind: 'gone' };
      const id = idOfKey.get(key);
      if (id === undefined) return { kind: 'duplicate' };
      // Those of the same key behind it in the batch are its duplicates.
      idOfKey.delete(key);
      return inserted(event, id, previous[index] ?? null);
    });
  }

  private async insert(events: readonly NewEvent[], previous: readonly (string | null)[]): Promise<StoreRow> {
    const query: TimedQuery = {
      name: 'store-events',
      text: STORE_EVENTS,
      values: [`[${events.map((event, index) => arrivingText(event, previous[index] ?? null)).join()}]`],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<StoreRow>(query);
    return rows[0] ?? { ids: null, keys: null, waiting: null };
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

const idleLane: StoredEvent = { kind: 'inserted', laneIdle: true };
const busyLane: StoredEvent = { kind: 'inserted', laneIdle: false };

const keyOf = (source: string, externalId: string): string => `${source}:${externalId}`;

/** One row of `arriving`, as JSON. The payload goes in as the text it is. */
function arrivingText(event: NewEvent, previous: string | null): string {
  const { source, externalId, conversationId, kind, payload, dropped } = event;
  return (
    `{"source":${JSON.stringify(source)},"external_id":${JSON.stringify(externalId)},` +
    `"conversation_id":"${conversationId}","kind":"${kind}","dropped":${dropped},"previous":${previous},` +
    `"payload":${payload}}`
  );
}

/**
 * Looks things up by subqueries with LIMIT, not by EXISTS or JOIN: of those the planner may make one hash table of all
 * conversations, or of everything that waits anywhere, and keep that plan from when the tables were empty. Then each
 * commit would cost as much as the whole backlog. So is a previous event found by its id alone: asked with its state,
 * the planner might read the index of all that waits.
 *
 * `FOR KEY SHARE` is what a foreign key would do, at a third of its price: an erasure, which locks the conversation,
 * either comes after this commit and finds its events, or before it and is seen.
 *
 * The events come as one JSON array: taking it apart is cheaper than escaping each value for an array of PostgreSQL's.
 */
const STORE_EVENTS = `
  WITH arriving AS MATERIALIZED (
    SELECT * FROM ROWS FROM (
      json_to_recordset($1::json) AS (
        source text, external_id text, conversation_id uuid, kind event_kind, payload json, dropped boolean,
        previous bigint)
    ) WITH ORDINALITY AS a (source, external_id, conversation_id, kind, payload, dropped, previous, position)
  ), inserted AS (
    INSERT INTO events (source, external_id, conversation_id, kind, payload, state)
    SELECT a.source, a.external_id, a.conversation_id, a.kind, a.payload,
           CASE WHEN a.dropped THEN 'dropped' ELSE 'waiting' END::event_state
    FROM arriving a
    WHERE (SELECT true FROM conversations c WHERE c.id = a.conversation_id AND c.erased_at IS NULL LIMIT 1 FOR KEY SHARE)
    ORDER BY a.position
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING id, source, external_id
  )
  SELECT (SELECT json_agg(id::text ORDER BY id) FROM inserted) AS ids,
         (SELECT json_agg(source || ':' || external_id ORDER BY id) FROM inserted
          HAVING count(*) < (SELECT count(*) FROM arriving)) AS keys,
         (SELECT json_agg(a.previous::text) FROM arriving a
          WHERE (SELECT e.state = 'waiting' FROM events e WHERE e.id = a.previous)) AS waiting`;

const MISSING_EVENTS = `
  SELECT i.source, i.external_id FROM unnest($1::text[], $2::text[]) AS i (source, external_id)
  WHERE (SELECT true FROM events e WHERE e.source = i.source AND e.external_id = i.external_id LIMIT 1) IS NULL`;

const COUNT_WAITING = `
  SELECT (SELECT count(*)::int FROM (
            SELECT 1 FROM events e
            WHERE e.conversation_id = i.id AND e.state = 'waiting' AND e.kind = 'message' LIMIT $2) AS first) AS waiting
  FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, position) ORDER BY i.position`;
