import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { Database } from '../../platform/database/database.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type Conversation, Prisma } from '../../generated/prisma/client.js';
import { LeaseRepository } from './lease.repository.js';

const GATE = 7;
let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
afterEach(() => vi.restoreAllMocks());

/** How many events wait in the conversation. */
const waiting = (id: string) => ({
  select: Prisma.sql`SELECT count(*)::int AS events FROM events WHERE conversation_id = ${id}::uuid HAVING true`,
  stateOf: ({ events }: { readonly events: number }) => events,
});
const take = ({ id }: Conversation) => room.leases.acquireAndRead(id, 'turns', waiting(id));

/** A lease is asked for, and its statement waits behind its snapshot while `meanwhile` happens. */
async function takenAround(
  conversation: Conversation,
  meanwhile: (holder: Client) => Promise<void>,
): ReturnType<typeof take> {
  const holder = new Client(room.url);
  await holder.connect();
  try {
    await holder.query(`
      CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(${GATE}); RETURN NULL; END $$;
      CREATE TRIGGER wait_here BEFORE UPDATE ON leases FOR EACH STATEMENT EXECUTE FUNCTION wait_here()`);
    await holder.query('SELECT pg_advisory_lock($1)', [GATE]);
    const taking = take(conversation);
    await room.somebodyWaitsForALock();
    await meanwhile(holder);
    await holder.query('SELECT pg_advisory_unlock($1)', [GATE]);
    return await taking;
  } finally {
    await holder.query('DROP FUNCTION wait_here CASCADE');
    await holder.end();
  }
}

describe('A lease that is taken with a look behind it', () => {
  it('costs one statement where the former holder gave it back, and where there was none', async () => {
    for (const isFirst of [false, true]) {
      const conversation = await room.conversation();
      if (!isFirst) await room.leases.release(await room.lease(conversation.id));
      await room.event(conversation, 'hello');
      const query = vi.spyOn(Client.prototype, 'query');
      const taken = await take(conversation);
      expect(query).toHaveBeenCalledTimes(1);
      query.mockRestore();
      expect(taken?.state).toBe(1);
      expect(taken && (await room.leases.renew(taken.lease))).toBe(true);
    }
  });

  it('is none of a conversation that does not exist', async () => {
    expect(await take({ ...(await room.conversation()), id: randomUUID() })).toBeNull();
  });

  it('is taken for the first time, and after a holder that died', async () => {
    const conversation = await room.conversation();
    await room.event(conversation, 'hello');
    expect(await take(conversation)).toMatchObject({ state: 1 });
    expect(await take(conversation)).toBeNull();
    await room.expire(conversation.id);
    expect(await take(conversation)).toMatchObject({ state: 1 });
  });

  it('has one of many holders that ask at once', async () => {
    for (let round = 0; round < 50; round += 1) {
      const conversation = await room.conversation();
      await room.leases.release(await room.lease(conversation.id));
      const taken = await Promise.all(Array.from({ length: 4 }, () => take(conversation)));
      expect(taken.filter((one) => one !== null)).toHaveLength(1);
    }
  });

  it('shows what a holder wrote that came and went meanwhile', async () => {
    const conversation = await room.conversation();
    await room.leases.release(await room.lease(conversation.id));
    const taken = await takenAround(conversation, async (holder) => {
      await room.event(conversation, 'written meanwhile');
      await holder.query(
        `UPDATE leases SET token = token + (1::bigint << 31), expires_at = '-infinity' WHERE conversation_id = $1`,
        [conversation.id],
      );
    });
    expect(taken).toMatchObject({ state: 1 });
  });

  it('shows what a first holder wrote that came and went meanwhile', async () => {
    const conversation = await room.conversation();
    const taken = await takenAround(conversation, async (holder) => {
      await room.event(conversation, 'written meanwhile');
      await holder.query(`INSERT INTO leases VALUES ($1, 'turns', 1, '-infinity')`, [conversation.id]);
    });
    expect(taken).toMatchObject({ state: 1 });
  });

  it('shows what a holder wrote that was silent for too long, and commits meanwhile', async () => {
    const conversation = await room.conversation();
    await room.lease(conversation.id);
    await room.expire(conversation.id);
    const taken = await takenAround(conversation, async () => {
      await room.event(conversation, 'written late');
    });
    expect(taken).toMatchObject({ state: 1 });
  });
});

describe('Taking a lease', () => {
  it('waits for no disk, and changes nothing for the statements behind it', async () => {
    const conversation = await room.conversation();
    await room.leases.release(await room.lease(conversation.id));
    // The test database itself waits for no disk.
    const [{ name } = { name: '' }] = await room.rows<{ name: string }>('SELECT current_database() AS name');
    await room.pool.query(`ALTER DATABASE ${name} SET synchronous_commit = on`);
    const pool = new DatabasePool(new Database(room.url), { poolSize: 1 });
    const leases = new LeaseRepository(new PrismaService(pool));
    await room.pool.query(`
      CREATE TABLE seen (setting text);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO seen SELECT current_setting('synchronous_commit'); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER look AFTER UPDATE ON leases DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION look()`);
    try {
      const taken = await leases.acquireAndRead(conversation.id, 'turns', waiting(conversation.id));
      if (!taken) throw new Error('it is free');
      await leases.commitLast(taken.lease, () => Promise.resolve());
      expect(await room.rows('SELECT setting FROM seen')).toEqual([{ setting: 'off' }, { setting: 'on' }]);
    } finally {
      await pool.end();
      await room.pool.query('DROP FUNCTION look CASCADE; DROP TABLE seen');
    }
  });
});

describe('A lease whose last write gives it back', () => {
  const write = (isLast: Prisma.Sql, id: string) =>
    room.lease(id).then(async (lease) => {
      const updated = Prisma.sql`written AS (UPDATE conversations SET title = 'x' FROM held WHERE id = ${id}::uuid)`;
      await room.leases.queryHeld(lease, updated, Prisma.sql`SELECT 1`, isLast);
      return lease;
    });

  it('is free at once, and costs no statement to be given back', async () => {
    const { id } = await room.conversation();
    const lease = await write(Prisma.sql`true`, id);
    const query = vi.spyOn(Client.prototype, 'query');
    await room.leases.release(lease);
    expect(query).not.toHaveBeenCalled();
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });

  it('is kept where the write was not the last', async () => {
    const { id } = await room.conversation();
    const lease = await write(Prisma.sql`false`, id);
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    await room.leases.release(lease);
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });
});

describe('The last commit of a lease', () => {
  it('gives it back, and costs no statement more to do so', async () => {
    const { id } = await room.conversation();
    const lease = await room.lease(id);
    await room.leases.commitLast(lease, (run) =>
      run(Prisma.sql`UPDATE conversations SET title = 'x' WHERE id = ${id}::uuid`),
    );
    const query = vi.spyOn(Client.prototype, 'query');
    await room.leases.release(lease);
    expect(query).not.toHaveBeenCalled();
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });

  it('keeps it where the commit fails', async () => {
    const { id } = await room.conversation();
    const lease = await room.lease(id);
    const fails = room.leases.commitLast(lease, (run) => run(Prisma.sql`SELECT 1 / 0`));
    await expect(fails).rejects.toThrow('division by zero');
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    await room.leases.release(lease);
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });

  it('keeps it where it is borrowed', async () => {
    const { id } = await room.conversation();
    const lease = await room.lease(id);
    await room.leases.commitLast({ ...lease, isBorrowed: true }, () => Promise.resolve());
    expect(await room.leases.renew(lease)).toBe(true);
  });
});
