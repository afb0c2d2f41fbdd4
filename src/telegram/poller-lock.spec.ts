import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
import { Random } from '../runtime/random.js';
import { Pauses } from './pauses.js';
import { PollerLock } from './poller-lock.js';

/** Asks again much sooner than the product does. */
class ShortPauses extends Pauses {
  override wait(_ms: number, signal: AbortSignal): Promise<void> {
    return super.wait(5, signal);
  }
}

/** One process: its pool, and how often it held the lock. */
class Contender {
  holding = 0;
  times = 0;
  readonly pool: DatabasePool;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(database: TestDatabase) {
    this.pool = new DatabasePool(new Database(database.url), { poolSize: 2 });
    const lock = new PollerLock(this.pool, new ShortPauses(new Random()));
    this.running = lock.whileHolding((held) => this.work(held), this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
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
  const contend = () => {
    const contender = new Contender(database);
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

  it('lets one of several work, and another when that one stops', async () => {
    for (let n = 0; n < 3; n++) contend();
    await vi.waitFor(() => expect(holders()).toHaveLength(1));
    const [first] = holders();
    await first?.stop();
    await vi.waitFor(() => expect(holders()).toHaveLength(1));
    expect(holders()[0]).not.toBe(first);
    expect(contenders.filter(({ times }) => times > 0)).toHaveLength(2);
  });

  it('stops the work of a holder whose connection is cut, and gives the lock anew', async () => {
    const only = contend();
    await vi.waitFor(() => expect(only.holding).toBe(1));
    await only.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await vi.waitFor(() => expect(only.times).toBe(2));
    await vi.waitFor(() => expect(only.holding).toBe(1));
  });

  it('leaves no lock behind when it stops', async () => {
    const contender = contend();
    await vi.waitFor(() => expect(contender.holding).toBe(1));
    await contender.stop();
    const next = contend();
    await vi.waitFor(() => expect(next.holding).toBe(1));
  });

  it('outlives a database that cannot be reached', async () => {
    const contender = contend();
    await vi.waitFor(() => expect(contender.holding).toBe(1));
    await contender.pool.end().catch(() => {});
    await contender.stop();
    expect(contender.holding).toBe(0);
  });
});
