import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { messageOf } from '../../platform/errors/errors.js';
import { Pauses } from '../bot-api/pauses.js';

/** How often a process that is not the poller asks whether it may become it. */
export const ASK_EVERY_MS = 2_000;

/** The key of the lock: in SQL. */
const KEY = `hashtextextended('turnpike telegram poller', 0)`;

/**
 * Lets one of any number of processes do a piece of work: the holder of a PostgreSQL session advisory lock. The lock
 * ends with its connection, so a killed holder is followed at once. A holder cut off from the database may overlap with
 * its follower until it notices; Telegram then refuses one of the two, and the inbox recognises duplicates.
 */
@Injectable()
export class PollerLock {
  private readonly logger = new Logger(PollerLock.name);

  constructor(
    private readonly pool: DatabasePool,
    private readonly pauses: Pauses,
  ) {}

  /**
   * Runs `work` whenever this process holds the lock, again after a loss, until `signal` is aborted. Never rejects.
   * @param work must end soon after its signal is aborted
   */
  async whileHolding(work: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.tryOnce(work, signal);
      } catch (error) {
        if (!signal.aborted) this.logger.warn({ msg: 'poller lock unavailable', error: messageOf(error) });
      }
      await this.pauses.wait(ASK_EVERY_MS, signal);
    }
  }

  private async tryOnce(work: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const client = await this.pool.connect();
    const lost = new AbortController();
    const lose = () => lost.abort();
    client.on('error', lose);
    client.on('end', lose);
    signal.addEventListener('abort', lose, { once: true });
    try {
      if (signal.aborted) return;
      const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${KEY}) AS held`);
      // Stopped or cut off during the request: work that waits for its signal would wait for ever.
      if (rows[0]?.held !== true || lost.signal.aborted) return;
      this.logger.log({ msg: 'poller lock taken' });
      await work(lost.signal);
      if (!signal.aborted) this.logger.warn({ msg: 'poller lock lost' });
    } finally {
      signal.removeEventListener('abort', lose);
      // Closed rather than returned to the pool: that releases the lock in every case.
      client.release(true);
    }
  }
}

/** Whether any process holds the lock at this moment. */
export async function isPollerAtWork(client: Pick<ClientBase, 'query'>): Promise<boolean> {
  // https://www.postgresql.org/docs/current/view-pg-locks.html: a bigint key's halves, and 1
  const { rows } = await client.query<{ held: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND objsubid = 1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND classid::bigint = (${KEY} >> 32) & 4294967295 AND objid::bigint = ${KEY} & 4294967295
     ) AS held`,
  );
  return rows[0]?.held === true;
}
