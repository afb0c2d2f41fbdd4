import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import type { Conversation, Prisma } from '../generated/prisma/client.js';
import { BacklogRepository } from './backlog.repository.js';

let room: Room;
let backlog: BacklogRepository;

beforeAll(async () => {
  room = await Room.open();
  backlog = new BacklogRepository(room.prisma);
});
afterAll(() => room.close());
beforeEach(() => room.pool.query('TRUNCATE conversations, events CASCADE'));

const LONG_AGO = new Date(Date.now() - 60_000);

/** A chat whose message has waited for a minute. */
async function waiting(
  change: Partial<Prisma.ConversationUncheckedCreateInput> = {},
  event: Partial<Prisma.EventUncheckedCreateInput> = {},
): Promise<Conversation> {
  const conversation = await room.conversation(change);
  await room.event(conversation, 'hello', { receivedAt: LONG_AGO, ...event });
  return conversation;
}

const untold = async (from = 1) => {
  const rows = await backlog.untold(from, 10, 'queue');
  return rows.map(({ conversationId, position }) => [position, conversationId]);
};

describe('Chats that wait for a worker', () => {
  it('are ordered by their arrival, from any position on', async () => {
    const [first, second, third] = [await waiting(), await waiting(), await waiting()];
    await room.event(first, 'more', { receivedAt: LONG_AGO });
    expect(await untold()).toEqual([
      [1, first.id],
      [2, second.id],
      [3, third.id],
    ]);
    expect(await untold(3)).toEqual([[3, third.id]]);
  });

  it('exclude chats whose turn runs, which are paused, or whose message has just come', async () => {
    const { id } = await waiting();
    await room.lease(id);
    await waiting({ status: 'paused' });
    await waiting({}, { receivedAt: new Date() });
    expect(await untold()).toEqual([]);
    await room.expire(id);
    expect(await untold()).toEqual([[1, id]]);
  });

  it('keep their place without a notice: notified before, waiting on purpose, or waiting for deferred work', async () => {
    const notified = await waiting();
    await room.prisma.waitNotice.create({ data: { conversationId: notified.id, eventId: 1n } });
    await waiting({ busyMode: 'collect' });
    await waiting({}, { source: 'schedule' });
    const last = await waiting();
    expect(await untold()).toEqual([[4, last.id]]);
    expect(await backlog.untold(1, 10, 'collect')).toEqual([]);
  });
});

describe('The speed of the line', () => {
  it('is the time of the newest turns, so far or in all, and the number of running ones', async () => {
    expect(await backlog.pace()).toEqual({ running: 0, turnMs: null });
    const { id: conversationId } = await room.conversation();
    const turn = (state: 'done' | 'running' | 'cancelled', tookMs: number | null) =>
      room.pool.query(
        `INSERT INTO turns (id, conversation_id, epoch, state, started_at, finished_at)
         VALUES ($1, $2, 0, $3::turn_state, now() - interval '20 s', now() - interval '20 s' + $4 * interval '1 ms')`,
        [room.ids.next(), conversationId, state, tookMs],
      );
    await turn('done', 10_000);
    await turn('cancelled', 1);
    await turn('running', null);
    const { running, turnMs } = await backlog.pace();
    expect(running).toBe(1);
    // 10 s, and the running one's 20 s and a little.
    expect(turnMs).toBeGreaterThanOrEqual(15_000);
    expect(turnMs).toBeLessThan(60_000);
  });
});
