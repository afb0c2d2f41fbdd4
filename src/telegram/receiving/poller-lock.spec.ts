import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { startTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { Database } from '../../platform/database/database.js';
import { Random } from '../../platform/runtime/random.js';
import { Pauses } from '../bot-api/pauses.js';
import { PollerLock } from './poller-lock.js';

/** Asks again much sooner than in production. */
class ShortPauses extends Pauses {
  count = 0;

  override wait(_ms: number, signal: AbortSignal): Promise<void> {
    this.count++;
    return super.wait(5, signal);
  }
}

/** One process: its pool, and how often it held the lock. */
class Contender {
  holding = 0;
  times = 0;
  readonly pauses = new ShortPauses(new Random());
  readonly pool: DatabasePool;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(url: string) {
    this.pool = new DatabasePool(new Database(url), { poolSize: 2 });
    const lock = new PollerLock(this.pool, this.pauses);
    this.running = lock.whileHolding((held) => this.work(held), this.stopping.signal);
  }

  /** Releases the lock, and keeps the connections. */
  async leave(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  async stop(): Promise<void> {
    await this.leave();
    if (!this.pool.ended) await this.pool.end();
  }

  private async work(held: AbortSignal): Promise<void> {
    this.holding++;
    this.times++;
    await new Promise<void>((resolve) => held.addEventListener('abort', () => resolve(), { once: true }));
    this.holding--;
  }
}

describe('PollerLock', () => {
  let database: TestDatabase;
  const contenders: Contender[] = [];
  const contend = (url = database.url) => {
    const contender = new Contender(url);
    contenders.push(contender);
    return contender;
  };
  const holders = () => contenders.filter(({ holding }) => holding > 0);

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(contenders.splice(0).map((contender) => contender.stop()));
  });
  afterAll(() => database.stop());

  it('runs the work in one of several processes, and in another when that one stops', async () => {
    for (let n = 0; n < 3; n++) contend();
    await eventually(() => expect(holders()).toHaveLength(1));
    const [first] = holders();
    const others = contenders.filter((contender) => contender !== first);
    await eventually(() =>
      expect(others.every(({ pauses, times }) => pauses.count > 1 || times > 0)).toBe(true),
    );
    expect(holders()).toEqual([first]);
    await first?.stop();
    await eventually(() => expect(holders()).toHaveLength(1));
    expect(holders()[0]).not.toBe(first);
    expect(contenders.filter(({ times }) => times > 0)).toHaveLength(2);
  });

  it('stops the work of a holder whose connection is cut, and takes the lock anew', async () => {
    const only = contend();
    await eventually(() => expect(only.holding).toBe(1));
    await only.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await eventually(() => expect(only.times).toBe(2));
    await eventually(() => expect(only.holding).toBe(1));
  });

  it('leaves no lock behind when it stops while its pool lives on', async () => {
    const contender = contend();
    await eventually(() => expect(contender.holding).toBe(1));
    await contender.leave();
    // A pooled session would hold the lock for its whole life.
    expect(contender.pool.totalCount).toBe(0);
    const next = contend();
    await eventually(() => expect(next.holding).toBe(1));
  });

  it('keeps asking an unreachable database until it is stopped', async () => {
    const nowhere = new URL(database.url);
    nowhere.pathname = '/no_such_database';
    const contender = contend(nowhere.href);
    await eventually(() => expect(contender.pauses.count).toBeGreaterThan(2));
    await contender.stop();
    expect(contender.times).toBe(0);
  });
});
