import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { DatabasePool } from '../database/database-pool.js';
import { messageOf, RetryLaterError } from '../errors/errors.js';
import { SlidingWindow, type WindowHits } from './sliding-window.js';

/** pg's own limit for one query, which its types leave out. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

interface Row {
  readonly at: number;
  readonly granted: number;
  readonly used: number;
  /** The hit that must leave before one more unit is available; null while fewer than `limit` are inside. */
  readonly blocking: number | null;
}

/** Past it a take fails, so that no caller hangs on a limit. */
const QUERY_TIMEOUT_MS = 2_000;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 1_000;
/** A lost race for a key's first row is repeated; more often than this it is another fault. */
const MAX_RACES = 10;

/** Sliding windows in PostgreSQL, for installations without Redis: one row per key, on the database's clock. */
@Injectable()
export class PostgresSlidingWindow extends SlidingWindow implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(PostgresSlidingWindow.name);
  private pruning: NodeJS.Timeout | undefined;

  constructor(private readonly pool: DatabasePool) {
    super();
  }

  onModuleInit(): void {
    this.pruning = setInterval(() => void this.pruneQuietly(), PRUNE_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.pruning);
  }

  async takeHits(key: string, wanted: number, limit: number, periodMs: number): Promise<WindowHits> {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const { rows } = await this.query<Row>('take-from-window', TAKE, [key, wanted, limit, periodMs]);
      const row = rows[0];
      if (row) return takenFrom(row, wanted, periodMs);
    }
    throw new RetryLaterError(
      'THROTTLE_UNAVAILABLE',
      'a throttle window could not be written: too many races for it',
    );
  }

  async forget(key: string): Promise<void> {
    await this.query('forget-window', 'DELETE FROM throttle_windows WHERE key = $1', [key]);
  }

  /** Deletes windows that have ended, a batch at a time, skipping those in use. @returns how many */
  async prune(): Promise<number> {
    const { rowCount } = await this.query('prune-windows', PRUNE, [PRUNE_BATCH]);
    return rowCount ?? 0;
  }

  private query<R extends QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<QueryResult<R>> {
    const query: TimedQuery = { name, text, values: [...values], query_timeout: QUERY_TIMEOUT_MS };
    return this.pool.query<R>(query);
  }

  private async pruneQuietly(): Promise<void> {
    try {
      while ((await this.prune()) === PRUNE_BATCH);
    } catch (error) {
      this.logger.debug({ msg: 'throttle windows not pruned', error: messageOf(error) });
    }
  }
}

function takenFrom({ at, granted, used, blocking }: Row, wanted: number, periodMs: number): WindowHits {
  const retryAfterMs = granted === wanted || blocking === null ? 0 : Math.ceil(periodMs - (at - blocking));
  return { granted, retryAfterMs, used, at };
}

/**
 * `decide` (window-decision.ts) as one statement.
 *
 * - The clock is read after the row's lock is held, so a key's times never go backwards however takers overtake each
 *   other: `stamped` computes its time from rows that `locked` gives out, and FOR UPDATE gives them out once locked,
 *   in their newest version. (In INSERT ... ON CONFLICT DO UPDATE a time in VALUES would be read before the lock, and
 *   RETURNING could not tell how many units this take added.)
 * - A key's first take inserts. If another one inserts it meanwhile, ON CONFLICT waits for it and the statement returns
 *   nothing: the caller runs it again and finds the row.
 */
const TAKE = `
  WITH locked AS MATERIALIZED (
    SELECT key, hits FROM throttle_windows WHERE key = $1::text FOR UPDATE
  ), stamped AS MATERIALIZED (
    SELECT key, hits, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at FROM locked
  ), pruned AS MATERIALIZED (
    SELECT key, at, ARRAY(
      SELECT least(hit, at) FROM unnest(hits) WITH ORDINALITY AS h (hit, place)
      WHERE at - least(hit, at) < $4::float8 ORDER BY place
    ) AS hits
    FROM stamped
  ), decided AS MATERIALIZED (
    SELECT key, at, hits, greatest(0, least($2::int, $3::int - cardinality(hits))) AS granted FROM pruned
  ), updated AS (
    UPDATE throttle_windows w
    SET hits = d.hits || array_fill(d.at, ARRAY[d.granted]), expires_at = to_timestamp((d.at + $4::float8) / 1000)
    FROM decided d WHERE w.key = d.key
    RETURNING d.at, d.granted, w.hits
  ), first AS MATERIALIZED (
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at, least($2::int, $3::int) AS granted
    WHERE NOT EXISTS (SELECT FROM locked)
  ), inserted AS (
    INSERT INTO throttle_windows (key, hits, expires_at)
    SELECT $1::text, array_fill(at, ARRAY[granted]), to_timestamp((at + $4::float8) / 1000) FROM first
    ON CONFLICT (key) DO NOTHING
    RETURNING hits[1] AS at, cardinality(hits) AS granted, hits
  )
  SELECT at, granted, cardinality(hits) AS used, hits[cardinality(hits) - $3::int + 1] AS blocking
  FROM (SELECT * FROM updated UNION ALL SELECT * FROM inserted) AS taken`;

/** The extra second covers the rounding between floats and timestamps. */
const PRUNE = `
  WITH ended AS MATERIALIZED (
    SELECT key FROM throttle_windows WHERE expires_at < clock_timestamp() - interval '1 second'
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM throttle_windows w USING ended WHERE w.key = ended.key`;
