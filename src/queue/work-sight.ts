import type { Client } from 'pg';
import { SWEEP_HEARTBEAT, WORKER_PREFIX } from './heartbeat.repository.js';
import { type WaitingWork, waitingWorkStatement } from './waiting-work.repository.js';

/** A worker that was not seen for this long counts as gone: three of its beats. */
const WORKER_GONE_AFTER_MS = 30_000;

/** The work as seen from outside of all processes. */
export interface WorkSight {
  /** Workers that were seen recently. */
  readonly workers: number;
  /** Time since the last worker was seen; null: none ever was, or all ended in order. */
  readonly workerSeenMs: number | null;
  /** Time since the last pass of the sweep; null: there was none. */
  readonly sweptMs: number | null;
  readonly waiting: readonly WaitingWork[];
  readonly deadLetters: number;
}

/** Reads it in a database of this version. Changes nothing. */
export async function lookAtWork(client: Client): Promise<WorkSight> {
  const { rows: beats } = await client.query<{ name: string; ageMs: number }>(
    `SELECT name, (extract(epoch FROM clock_timestamp() - beat_at) * 1000)::float8 AS "ageMs" FROM heartbeats`,
  );
  const { text, values } = waitingWorkStatement();
  const { rows: waiting } = await client.query<WaitingWork>(text, values);
  const { rows: letters } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM dead_letters',
  );
  const workers = beats.filter(({ name }) => name.startsWith(WORKER_PREFIX)).map(({ ageMs }) => ageMs);
  return {
    workers: workers.filter((ageMs) => ageMs < WORKER_GONE_AFTER_MS).length,
    workerSeenMs: workers.length > 0 ? Math.min(...workers) : null,
    sweptMs: beats.find(({ name }) => name === SWEEP_HEARTBEAT)?.ageMs ?? null,
    waiting,
    deadLetters: letters[0]?.count ?? 0,
  };
}

/** Whether this database has the tables of `lookAtWork`: it has, once a process of this version has started. */
export async function canLookAtWork(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('heartbeats') IS NOT NULL AS there`,
  );
  return rows[0]?.there === true;
}
