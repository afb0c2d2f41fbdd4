import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Room } from '../../test/support/room.js';
import { nextUpdateId } from '../../test/support/updates.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
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
  it('stores a batch in its order, and the payload to the letter', async () => {
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

  it('stores each event once: in one batch, in a later one, and in one of another source not at all the same', async () => {
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

  it('stores each event once though several processes are given it at the same moment', async () => {
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

  it('tells whether the lane was idle: nothing of that kind waited before', async () => {
    expect(await events.store([newEvent(), newEvent()])).toEqual([idle, idle]);
    expect(await events.store([newEvent(), newEvent({ kind: 'command' })])).toEqual([busy, idle]);
    await room.pool.query(`UPDATE events SET state = 'claimed' WHERE conversation_id = $1`, [conversationId]);
    expect(await events.store([newEvent()])).toEqual([idle]);
  });

  it('has a lane woken once more than needed where another process stored what waits, never once less', async () => {
    await new EventRepository(room.pool).store([newEvent()]);
    expect(await events.store([newEvent()])).toEqual([idle]);
    expect(await events.store([newEvent()])).toEqual([busy]);
  });

  it('lets an erasure either see the event, or be seen by it', async () => {
    const client = await room.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [conversationId]);
      const storing = events.store([newEvent()]);
      await eventually(async () => {
        const [row] = await room.rows<{ blocked: number }>(
          `SELECT count(*)::int AS blocked FROM pg_locks WHERE NOT granted`,
        );
        expect(row?.blocked).toBe(1);
      });
      await client.query('DELETE FROM conversations WHERE id = $1', [conversationId]);
      await client.query('COMMIT');
      expect(kinds(await storing)).toEqual(['gone']);
    } finally {
      client.release();
    }
  });

  it('records what is past the backlog as dropped', async () => {
    expect(kinds(await events.store([newEvent({ dropped: true })]))).toEqual(['inserted']);
    expect(await events.countWaiting([conversationId], 10)).toEqual([0]);
    expect(await events.store([newEvent()])).toEqual([idle]);
  });

  it('says of an event whose conversation is gone that it is, and stores its neighbours', async () => {
    const gone = newEvent({ conversationId: randomUUID() });
    expect(kinds(await events.store([newEvent(), gone, newEvent()]))).toEqual([
      'inserted',
      'gone',
      'inserted',
    ]);
  });

  it('still knows an event whose conversation was erased', async () => {
    const event = newEvent();
    await events.store([event]);
    await room.pool.query(
      `UPDATE events SET state = 'erased', conversation_id = NULL WHERE conversation_id = $1`,
      [conversationId],
    );
    await room.prisma.conversation.delete({ where: { id: conversationId } });
    expect(kinds(await events.store([event]))).toEqual(['duplicate']);
  });

  it('counts the messages that wait in each conversation, no further than asked', async () => {
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
