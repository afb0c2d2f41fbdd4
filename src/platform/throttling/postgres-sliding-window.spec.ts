import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
import { PostgresSlidingWindow } from './postgres-sliding-window.js';

const MINUTE_MS = 60_000;

describe('PostgresSlidingWindow', () => {
  let database: TestDatabase;
  let pool: DatabasePool;
  let windows: PostgresSlidingWindow;

  beforeAll(async () => {
    database = await startTestDatabase();
    pool = new DatabasePool(new Database(database.url), { poolSize: 6 });
    windows = new PostgresSlidingWindow(pool);
  });
  beforeEach(() => pool.query('TRUNCATE throttle_windows'));
  afterAll(async () => {
    await pool.end();
    await database.stop();
  });

  /**
   * Runs `before` in a transaction that makes a take wait, and returns the database's time at which it released the
   * lock.
   */
  async function takeThatWaitsFor(before: string, limit: number) {
    const other = await pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(before);
      const waiting = windows.takeHits('chat', 1, limit, MINUTE_MS);
      await aTakeWaitsForALock(pool);
      const { rows } = await other.query<{ now: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
      );
      await other.query('COMMIT');
      return { taken: await waiting, releasedAt: rows[0]?.now ?? Infinity };
    } finally {
      other.release();
    }
  }

  it('reads the clock once it holds the lock, and sees the last holder’s writes', async () => {
    await windows.takeHits('chat', 1, 3, MINUTE_MS);
    const { taken, releasedAt } = await takeThatWaitsFor(
      `UPDATE throttle_windows SET hits = hits || hits WHERE key = 'chat'`,
      3,
    );
    expect(taken.at).toBeGreaterThanOrEqual(releasedAt);
    expect(taken).toMatchObject({ granted: 1, used: 3 });
  });

  it('does the same when two processes make the first take of a key at once', async () => {
    const { taken, releasedAt } = await takeThatWaitsFor(
      `INSERT INTO throttle_windows (key, hits, expires_at)
       VALUES ('chat', ARRAY[extract(epoch FROM clock_timestamp()) * 1000], 'infinity')`,
      1,
    );
    expect(taken.at).toBeGreaterThanOrEqual(releasedAt);
    expect(taken).toMatchObject({ granted: 0, used: 1 });
  });

  it('starts anew where the row it waited for is deleted', async () => {
    await windows.takeHits('chat', 1, 3, MINUTE_MS);
    const { taken } = await takeThatWaitsFor(`DELETE FROM throttle_windows WHERE key = 'chat'`, 3);
    expect(taken).toMatchObject({ granted: 1, used: 1 });
  });

  it('prunes exactly the windows that have ended', async () => {
    await pool.query(
      `INSERT INTO throttle_windows (key, hits, expires_at)
       SELECT 'ended-' || n, '{0}', clock_timestamp() - interval '1 minute' FROM generate_series(1, 1200) AS n`,
    );
    await windows.takeHits('chat', 1, 3, MINUTE_MS);
    expect([await windows.prune(), await windows.prune(), await windows.prune()]).toEqual([1_000, 200, 0]);
    const { rows } = await pool.query<{ key: string }>('SELECT key FROM throttle_windows');
    expect(rows).toEqual([{ key: 'chat' }]);
  });

  it('does not prune a window that is being taken from', async () => {
    await pool.query(
      `INSERT INTO throttle_windows VALUES ('chat', '{0}', clock_timestamp() - interval '1 minute')`,
    );
    const other = await pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(`SELECT FROM throttle_windows WHERE key = 'chat' FOR UPDATE`);
      expect(await windows.prune()).toBe(0);
      await other.query('COMMIT');
    } finally {
      other.release();
    }
    expect(await windows.prune()).toBe(1);
  });
});

async function aTakeWaitsForALock(pool: DatabasePool): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%throttle_windows%'`,
    );
    if (rowCount) return;
  }
}
