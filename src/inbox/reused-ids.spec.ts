import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { nextUpdateId } from '../../test/support/updates.js';
import { EventRepository, type NewEvent } from './event.repository.js';

let room: Room;
let events: EventRepository;
let conversationId: string;
/** A channel of its own for each test. */
let source: string;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  conversationId = (await room.conversation()).id;
  source = `telegram:bot${nextUpdateId()}`;
  events = new EventRepository(room.pool);
});

const newEvent = (externalId: number, payload = '{}'): NewEvent => ({
  source,
  externalId: String(externalId),
  conversationId,
  kind: 'message',
  payload,
  dropped: false,
});
const kinds = async (stored: Promise<readonly { kind: string }[]>) => (await stored).map(({ kind }) => kind);
const rows = () =>
  room.rows<{ externalId: string; payload: string }>(
    `SELECT external_id AS "externalId", payload::text FROM events WHERE source = $1 ORDER BY id`,
    [source],
  );
const age = (by: string) =>
  room.pool.query('UPDATE events SET received_at = clock_timestamp() - $2::interval WHERE source = $1', [
    source,
    by,
  ]);
const receiveBy = async (account: string, by = events) => await by.remember([{ channel: source, account }]);

describe('An update id', () => {
  it('is a duplicate for six days, and then belongs to another update', async () => {
    await events.store([newEvent(7, '"old"')]);
    await age('5 days 23 hours');
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
    await age('6 days 1 hour');
    expect(await kinds(events.store([newEvent(7, '"new"')]))).toEqual(['inserted']);
    expect(await rows()).toEqual([
      { externalId: expect.stringMatching(/^7@\d{4}-\d\d-\d\dT[\d:.]+Z$/), payload: '"old"' },
      { externalId: '7', payload: '"new"' },
    ]);
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
  });

  it('may be reused again and again', async () => {
    for (const payload of ['"a"', '"b"', '"c"']) {
      expect(await kinds(events.store([newEvent(7, payload)]))).toEqual(['inserted']);
      await age('7 days');
    }
    expect((await rows()).map(({ payload }) => payload)).toEqual(['"a"', '"b"', '"c"']);
  });

  it('keeps its place in its batch', async () => {
    await events.store([newEvent(2), newEvent(4)]);
    await age('8 days');
    const batch = [1, 2, 3, 4, 5].map((id) => newEvent(id, '"new"'));
    expect(new Set(await kinds(events.store(batch)))).toEqual(new Set(['inserted']));
    const stored = (await rows()).filter(({ payload }) => payload === '"new"');
    expect(stored.map(({ externalId }) => externalId)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('has one effect, however many processes deliver it at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      await events.store([newEvent(7)]);
      await age('8 days');
      const others = [events, new EventRepository(room.pool), new EventRepository(room.pool)];
      const stored = await Promise.all(
        others.map(async (one) => await kinds(one.store([newEvent(6), newEvent(7), newEvent(8)]))),
      );
      expect(stored.filter(([, kind]) => kind === 'inserted')).toHaveLength(1);
      expect(stored.filter(([, kind]) => kind === 'duplicate')).toHaveLength(2);
      await age('8 days');
    }
    // Set aside once.
    expect((await rows()).filter(({ externalId }) => /@.*@/.test(externalId))).toEqual([]);
  });

  it('belongs to its bot: the same id of the channel’s former bot is no duplicate', async () => {
    await receiveBy('111');
    await events.store([newEvent(7)]);
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
    await receiveBy('222');
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['inserted']);
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
    // A restart changes nothing.
    await receiveBy('222');
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
  });

  it('is a duplicate of an event from before any bot was recorded, and for a bot that is back', async () => {
    await events.store([newEvent(7)]);
    await receiveBy('111');
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
    await receiveBy('222');
    await receiveBy('111');
    expect(await kinds(events.store([newEvent(7)]))).toEqual(['duplicate']);
  });

  it('follows the same rules without a conversation', async () => {
    await events.store([newEvent(7)]);
    expect(await events.areKnown([newEvent(7), newEvent(8)])).toEqual([true, false]);
    await age('7 days');
    expect(await events.areKnown([newEvent(7)])).toEqual([false]);
    const gone = { ...newEvent(7), conversationId: room.ids.next() };
    expect(await kinds(events.store([gone]))).toEqual(['gone']);
  });
});
