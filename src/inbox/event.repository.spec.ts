import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { nextUpdateId } from '../../test/support/updates.js';
import { DatabasePool } from '../platform/database/database-pool.js';
import { Database } from '../platform/database/database.js';
import { EventRepository, type NewEvent } from './event.repository.js';

let room: Room;
let events: EventRepository;
let conversationId: string;

beforeAll(async () => {
  room = await Room.open();
  events = new EventRepository(room.pool);
});
afterAll(() => room.close());
beforeEach(async () => {
  conversationId = (await room.conversation()).id;
});

const newEvent = (change: Partial<NewEvent> = {}): NewEvent => ({
  source: 'telegram',
  externalId: String(nextUpdateId()),
  conversationId,
  kind: 'message',
  payload: '{"a": 1}',
  dropped: false,
  ...change,
});
const idle = { kind: 'inserted', laneIdle: true };
const busy = { kind: 'inserted', laneIdle: false };
const kinds = (stored: readonly { kind: string }[]) => stored.map(({ kind }) => kind);

describe('EventRepository', () => {
  it('stores a batch in its order, and each payload to the letter', async () => {
    const payload = '{"b":1,"a":2,"a":3,"n":12345678901234567890,"s":"\\u00e9"}';
    const batch = Array.from({ length: 50 }, () => newEvent({ payload }));
    await events.store(batch);
    const rows = await room.rows<{ external_id: string; payload: string }>(
      'SELECT external_id, payload::text FROM events WHERE conversation_id = $1 ORDER BY id',
      [conversationId],
    );
    expect(rows.map((row) => row.external_id)).toEqual(batch.map(({ externalId }) => externalId));
    expect(rows[0]?.payload).toBe(payload);
  });

  it('stores each event once within a batch and across batches, and keeps sources apart', async () => {
    const event = newEvent();
    const other = newEvent({ externalId: event.externalId, source: 'elsewhere' });
    expect(kinds(await events.store([event, event, other, event]))).toEqual([
      'inserted',
      'duplicate',
      'inserted',
      'duplicate',
    ]);
    expect(kinds(await events.store([event]))).toEqual(['duplicate']);
  });

  it('stores each event once when several processes receive it at the same moment', async () => {
    const other = new DatabasePool(new Database(room.url), { poolSize: 2 });
    try {
      const repositories = [events, new EventRepository(other), events, new EventRepository(other)];
      for (let round = 0; round < 25; round += 1) {
        const batch = [newEvent(), newEvent(), newEvent()];
        const stored = await Promise.all(repositories.map((repository) => repository.store(batch)));
        for (const index of batch.keys()) {
          const outcomes = stored.map((outcome) => outcome[index]?.kind);
          expect(outcomes.filter((kind) => kind === 'inserted')).toHaveLength(1);
          expect(outcomes.filter((kind) => kind === 'duplicate')).toHaveLength(3);
        }
      }
    } finally {
      await other.end();
    }
  });

  it('reports whether the lane was idle: no event of that kind waited before', async () => {
    expect(await events.store([newEvent(), newEvent()])).toEqual([idle, idle]);
    expect(await events.store([newEvent(), newEvent({ kind: 'command' })])).toEqual([busy, idle]);
    await room.pool.query(`UPDATE events SET state = 'claimed' WHERE conversation_id = $1`, [conversationId]);
    expect(await events.store([newEvent()])).toEqual([idle]);
  });

  it('wakes a lane once more than needed after another process stored an event, never once less', async () => {
    await new EventRepository(room.pool).store([newEvent()]);
    expect(await events.store([newEvent()])).toEqual([idle]);
    expect(await events.store([newEvent()])).toEqual([busy]);
  });

  it('holds back an erasure that begins meanwhile: it waits, and finds the event', async () => {
    // An insert that continues when the test says so.
    await room.pool.query(`
      CREATE TABLE gate (open boolean);
      CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          WHILE (SELECT count(*) = 0 FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP;
          RETURN NEW;
        END $$;
      CREATE TRIGGER gate BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION wait_at_gate()`);
    const storing = events.store([newEvent()]);
    await room.somebodySleeps();
    const erasing = room.pool
      .query('DELETE FROM conversations WHERE id = $1', [conversationId])
      .then(() => room.rows('SELECT FROM events WHERE conversation_id = $1', [conversationId]));
    await room.somebodyWaitsForALock();
    await room.pool.query('INSERT INTO gate VALUES (true)');
    expect(await storing).toEqual([idle]);
    expect(await erasing).toHaveLength(1);
    await room.pool.query('DROP TABLE gate CASCADE; DROP FUNCTION wait_at_gate CASCADE');
  });

  describe('while another session has locked a conversation', () => {
    it('stores its events too, in their order, lists them, and waits for no lock', async () => {
      const other = (await room.conversation()).id;
      const batch = [newEvent(), newEvent({ conversationId: other }), newEvent()];
      await room.whileLocked(
        'SELECT FROM conversations WHERE id = $1 FOR UPDATE',
        [conversationId],
        async () => {
          expect(await events.store(batch)).toEqual([{ kind: 'unconfirmed' }, idle, { kind: 'unconfirmed' }]);
        },
      );
      const ids = batch.map(({ externalId }) => externalId);
      const rows = await room.rows<{ external_id: string; listed: boolean }>(
        `SELECT external_id, u.event_id IS NOT NULL AS listed
         FROM events e LEFT JOIN unconfirmed_events u ON u.event_id = e.id
         WHERE e.external_id = ANY ($1) ORDER BY e.id`,
        [ids],
      );
      expect(rows.map((row) => row.external_id)).toEqual(ids);
      expect(rows.map(({ listed }) => listed)).toEqual([true, false, true]);
      expect(kinds(await events.store(batch))).toEqual(['duplicate', 'duplicate', 'duplicate']);
    });

    it('wakes the lane for the next one, because it was not woken for these', async () => {
      await room.whileLocked(
        'SELECT FROM conversations WHERE id = $1 FOR UPDATE',
        [conversationId],
        async () => {
          await events.store([newEvent()]);
        },
      );
      expect(await events.store([newEvent()])).toEqual([idle]);
    });

    it('ignores locks of updates that leave the key unchanged', async () => {
      const change = 'UPDATE conversations SET message_count = 1 WHERE id = $1';
      await room.whileLocked(change, [conversationId], async () => {
        expect(await events.store([newEvent()])).toEqual([idle]);
      });
    });
  });

  it('stores and lists events without a conversation', async () => {
    const event = newEvent({ conversationId: null });
    expect(await events.store([event, newEvent()])).toEqual([{ kind: 'unconfirmed' }, idle]);
    expect(kinds(await events.store([event]))).toEqual(['duplicate']);
  });

  it('gives up soon while another transaction holds the same update, and leaves no limit behind', async () => {
    const event = newEvent();
    const insert = `INSERT INTO events (source, external_id, kind) VALUES ('telegram', $1, 'message')`;
    await room.whileLocked(insert, [event.externalId], async () => {
      await expect(events.store([event])).rejects.toMatchObject({ code: '55P03' });
    });
    const limits = await Promise.all(
      Array.from({ length: 10 }, () => room.rows<{ lock_timeout: string }>('SHOW lock_timeout')),
    );
    expect(new Set(limits.flat().map((row) => row.lock_timeout))).toEqual(new Set(['0']));
  });

  it('asks the database once for an ordinary batch', async () => {
    const own = new DatabasePool(new Database(room.url), { poolSize: 2 });
    try {
      let asked = 0;
      own.on('acquire', () => (asked += 1));
      await new EventRepository(own).store([newEvent(), newEvent()]);
      expect(asked).toBe(1);
    } finally {
      await own.end();
    }
  });

  it('records events past the backlog as dropped', async () => {
    expect(kinds(await events.store([newEvent({ dropped: true })]))).toEqual(['inserted']);
    expect(await events.countWaiting([conversationId], 10)).toEqual([0]);
    expect(await events.store([newEvent()])).toEqual([idle]);
  });

  it('reports an event whose conversation is gone, and stores its neighbours', async () => {
    const gone = newEvent({ conversationId: randomUUID() });
    expect(kinds(await events.store([newEvent(), gone, newEvent()]))).toEqual([
      'inserted',
      'gone',
      'inserted',
    ]);
  });

  it('still recognises an event whose conversation was erased', async () => {
    const event = newEvent();
    await events.store([event]);
    await room.pool.query(
      `UPDATE events SET state = 'erased', conversation_id = NULL WHERE conversation_id = $1`,
      [conversationId],
    );
    await room.prisma.conversation.delete({ where: { id: conversationId } });
    expect(kinds(await events.store([event]))).toEqual(['duplicate']);
  });

  it('counts the waiting messages of each conversation, up to the given limit', async () => {
    const other = (await room.conversation()).id;
    await events.store([
      newEvent(),
      newEvent(),
      newEvent(),
      newEvent({ kind: 'command' }),
      newEvent({ conversationId: other }),
    ]);
    expect(await events.countWaiting([other, conversationId], 10)).toEqual([1, 3]);
    expect(await events.countWaiting([conversationId, other, randomUUID()], 2)).toEqual([2, 1, 0]);
  });
});
