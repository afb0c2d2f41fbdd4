import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { eventSourceOf } from '../sources/source.js';

/** A webhook about to be stored. */
export interface NewWebhook {
  readonly sourceId: string;
  /** The name of its source. */
  readonly source: string;
  readonly externalId: string;
  /** JSON text. */
  readonly payload: string;
}

/** `gone`: not stored, its source is deleted. */
export type StoredWebhook = 'inserted' | 'duplicate' | 'gone';

/** pg's own limit for one query, which its types leave out: past it the query rejects and its connection is closed. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** Milliseconds; past it the sender gets 503 and sends again. */
export const STORE_TIMEOUT_MS = 5_000;

/** Waits for another session that stores the same webhook at this moment, for no longer than this. */
const LOCK_WAIT_MS = 100;

/**
 * The first of several webhooks with the same key is stored. `FOR KEY SHARE` does what a foreign key would: the deletion
 * of a source either comes after this commit and drops its webhooks, or comes before it and is seen. The webhooks come
 * as one JSON array, as in the inbox.
 */
const STORE_WEBHOOKS = `
  WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', '${LOCK_WAIT_MS}ms', true)
  ), arriving AS MATERIALIZED (
    SELECT a.* FROM patience, ROWS FROM (
      json_to_recordset($1::json) AS (source_id uuid, source text, external_id text, payload json)
    ) WITH ORDINALITY AS a (source_id, source, external_id, payload, position)
  ), held AS MATERIALIZED (
    SELECT s.id FROM sources s WHERE s.id IN (SELECT a.source_id FROM arriving a) ORDER BY s.id FOR KEY SHARE
  ), inserted AS (
    INSERT INTO events (source, external_id, kind, payload)
    SELECT a.source, a.external_id, 'webhook', a.payload FROM arriving a
    WHERE a.source_id IN (SELECT h.id FROM held h)
    ORDER BY a.position
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING source, external_id
  )
  SELECT (SELECT json_agg(source || ' ' || external_id) FROM inserted) AS keys,
         (SELECT json_agg(id) FROM held) AS held`;

/** Searches pairs, and orders by them, so that it reads the index `events_to_route`, which has waiting webhooks only. */
export const COUNT_WAITING_WEBHOOKS = `
  SELECT (SELECT count(*)::int FROM (
            SELECT 1 FROM events e
            WHERE e.kind = 'webhook' AND e.state = 'waiting'
              AND (e.source, e.id) >= (i.source, 0::bigint) AND (e.source, e.id) <= (i.source, 9223372036854775807)
            ORDER BY e.source, e.id LIMIT $2) AS first) AS waiting
  FROM unnest($1::text[]) WITH ORDINALITY AS i (source, position) ORDER BY i.position`;

interface StoreRow {
  /** The keys of the stored webhooks; null for none. */
  readonly keys: readonly string[] | null;
  /** The ids of the sources that exist; null for none. */
  readonly held: readonly string[] | null;
}

/** Writes webhooks into the inbox: one statement for many, on the bare driver, because this is the hot path. */
@Injectable()
export class WebhookRepository {
  constructor(private readonly pool: DatabasePool) {}

  /** Stores all webhooks in one durable statement, in the given order, each at most once by its source and external id. */
  async store(webhooks: readonly NewWebhook[]): Promise<StoredWebhook[]> {
    const query: TimedQuery = {
      name: 'store-webhooks',
      text: STORE_WEBHOOKS,
      values: [`[${webhooks.map(arrivingText).join()}]`],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<StoreRow>(query);
    const inserted = new Set(rows[0]?.keys);
    const held = new Set(rows[0]?.held);
    // Later webhooks with the same key in the batch are its duplicates.
    return webhooks.map((webhook) => {
      if (!held.has(webhook.sourceId)) return 'gone';
      return inserted.delete(keyOf(webhook)) ? 'inserted' : 'duplicate';
    });
  }

  /** The number of webhooks of each source that no trigger has seen, in order, counted no further than `limit`. */
  async countWaiting(sources: readonly string[], limit: number): Promise<number[]> {
    const query: TimedQuery = {
      name: 'count-waiting-webhooks',
      text: COUNT_WAITING_WEBHOOKS,
      values: [sources.map(eventSourceOf), limit],
      query_timeout: STORE_TIMEOUT_MS,
    };
    return (await this.pool.query<{ waiting: number }>(query)).rows.map(({ waiting }) => waiting);
  }
}

/** A source's name has no space. */
const keyOf = ({ source, externalId }: NewWebhook): string => `${eventSourceOf(source)} ${externalId}`;

/** One row, as JSON. The payload goes in as its original text. */
function arrivingText({ sourceId, source, externalId, payload }: NewWebhook): string {
  return (
    `{"source_id":${JSON.stringify(sourceId)},"source":${JSON.stringify(eventSourceOf(source))},"external_id":${JSON.stringify(externalId)},` +
    `"payload":${payload}}`
  );
}
