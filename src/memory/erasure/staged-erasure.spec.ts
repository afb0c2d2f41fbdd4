import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, ThreadId } from '../../channel/ids.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import { textUpdate } from '../../../test/support/updates.js';
import { BudgetErasureRepository } from '../../budget/budget-erasure.repository.js';
import { ConversationListingRepository } from '../../admin/conversations/conversation-listing.repository.js';
import { ConversationErasureRepository } from './conversation-erasure.repository.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { type Conversation, Lane } from '../../generated/prisma/client.js';
import { EventRepository, type StoredEvent } from '../../inbox/event.repository.js';
import { UnconfirmedEvents } from '../unconfirmed-events.js';
import { DueSchedulesRepository } from '../../schedules/firing/due-schedules.repository.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';

let agent: AgentRoom;
let erasures: ConversationErasureRepository;
let events: EventRepository;

beforeAll(async () => {
  agent = await AgentRoom.open();
  erasures = new ConversationErasureRepository(agent.room.prisma, new BudgetErasureRepository(agent.ledger));
  events = new EventRepository(agent.room.pool);
});
afterAll(() => agent.close());

const reminder = {
  kind: 'reminder' as const,
  text: 'x',
  cron: null,
  timeZone: 'UTC',
  nextAt: new Date(0),
  createdBy: null,
  idempotencyKey: null,
};

const chatOf = ({ channel, chatId, threadId }: Conversation) => ({
  channel,
  chat: {
    chatId: ChatId(chatId),
    threadId: ThreadId(threadId),
    via: null,
    type: 'private',
    title: null,
    username: null,
  },
});

/** As the inbox does: finds the chat's conversation, makes one if it is missing, and stores the message. */
async function receive(conversation: Conversation, text: string): Promise<string> {
  const [id] = await agent.room.conversations.resolve([chatOf(conversation)]);
  // Detached from its chat just now: the next try makes a new one.
  if (id === undefined) return await receive(conversation, text);
  const stored = await storeFor(id, Number(conversation.chatId), text);
  return stored.kind === 'gone' ? await receive(conversation, text) : id;
}

async function storeFor(conversationId: string, chatId: number, text: string): Promise<StoredEvent> {
  const update = textUpdate(chatId, text);
  const [stored] = await events.store([
    {
      source: 'telegram',
      externalId: String(update.update_id),
      conversationId,
      kind: text.startsWith('/') ? 'command' : 'message',
      payload: JSON.stringify(update),
      dropped: false,
    },
  ]);
  if (!stored) throw new Error('nothing was answered');
  return stored;
}

/** As many rows of each kind as a busy year leaves. */
async function fill({ id }: Conversation, rows: number): Promise<void> {
  for (const statement of [
    `INSERT INTO messages (conversation_id, epoch, role, text)
     SELECT $1, 0, 'user', 'message ' || i FROM generate_series(1, $2::int) i`,
    `INSERT INTO replies (conversation_id, body, state, settled_at)
     SELECT $1, '{}', 'sent', now() FROM generate_series(1, $2::int) i`,
    `INSERT INTO events (source, external_id, conversation_id, kind, state, payload)
     SELECT 'telegram', $1::text || ':' || i, $1::text::uuid, 'message', 'done', '{}' FROM generate_series(1, $2::int / 10) i`,
    `INSERT INTO turns (id, conversation_id, epoch, state)
     SELECT gen_random_uuid(), $1, 0, 'done' FROM generate_series(1, $2::int / 50) i`,
  ])
    await agent.room.pool.query(statement, [id, rows]);
}

/** Repeats the call until stopped. @returns how often */
function repeat(work: () => Promise<unknown>): () => Promise<number> {
  const state = { ending: false };
  const all = (async () => {
    let times = 0;
    for (; !state.ending; times += 1) await work();
    return times;
  })();
  // Checked when it is stopped.
  all.catch(() => undefined);
  return () => {
    state.ending = true;
    return all;
  };
}

async function rowsOf(id: string): Promise<number> {
  const [row] = await agent.room.rows<{ rows: number }>(
    `SELECT ((SELECT count(*) FROM conversations WHERE id = $1) + (SELECT count(*) FROM leases WHERE conversation_id = $1)
      + (SELECT count(*) FROM messages WHERE conversation_id = $1) + (SELECT count(*) FROM replies WHERE conversation_id = $1)
      + (SELECT count(*) FROM turns WHERE conversation_id = $1)
      + (SELECT count(*) FROM events WHERE conversation_id = $1))::int AS rows`,
    [id],
  );
  return row?.rows ?? Number.NaN;
}

describe('An erasure', () => {
  it('of 300,000 rows ends while workers, the inbox and /stop use the conversation', async () => {
    const { room } = agent;
    const conversation = await room.conversation();
    const { id } = conversation;
    await fill(conversation, 150_000);
    const accepted: string[] = [];
    const ends = [
      repeat(async () => {
        for (const lane of Object.values(Lane)) {
          const lease = await room.leases.acquire(id, lane);
          if (lease) await room.leases.release(lease);
        }
      }),
      repeat(async () => accepted.push(await receive(conversation, 'hello'))),
      repeat(async () => {
        await receive(conversation, '/stop');
        await agent.commands.handleWaiting(id, null);
      }),
    ];
    const erased = await erasures.erase(id);
    const worked = await Promise.all(ends.map((end) => end()));
    expect(erased).toMatchObject({ chat: `telegram:${conversation.chatId}` });
    for (const times of worked) expect(times).toBeGreaterThan(0);
    expect(await rowsOf(id)).toBe(0);
    // The chat goes on in one new conversation.
    const later = await receive(conversation, 'still here');
    expect(later).not.toBe(id);
    expect(accepted.lastIndexOf(id)).toBeLessThan(accepted.indexOf(later));
    expect(await room.conversations.find(later)).toMatchObject({ channel: 'telegram' });
  }, 240_000);

  it('lets the chat write while another session holds one of its rows', async () => {
    const { room } = agent;
    const conversation = await room.conversation();
    const eventId = await room.event(conversation, 'locked', { state: 'done' });
    const other = await room.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM events WHERE id = $1 FOR UPDATE', [eventId]);
    const erasing = erasures.erase(conversation.id);
    await room.somebodyWaitsForALock();
    const now = await receive(conversation, 'hello');
    expect(now).not.toBe(conversation.id);
    await other.query('COMMIT');
    other.release();
    await erasing;
    expect(await rowsOf(conversation.id)).toBe(0);
    expect(await rowsOf(now)).toBeGreaterThan(0);
  });

  it('deletes events that were stored for the conversation while it was locked', async () => {
    const { room } = agent;
    const conversation = await room.conversation();
    const { id } = conversation;
    const chatId = Number(conversation.chatId);
    await room.whileLocked('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [id], async () => {
      expect(await storeFor(id, chatId, 'before')).toMatchObject({ kind: 'unconfirmed' });
    });
    await erasures.detach(id);
    await new UnconfirmedEvents(agent.channel, room.conversations).run();
    await erasures.finish(id);
    const left = await room.rows('SELECT 1 FROM events WHERE payload::text LIKE $1', [
      `%"id":${chatId}%before%`,
    ]);
    expect(left).toEqual([]);
    expect(await room.prisma.conversation.count({ where: { chatId: conversation.chatId } })).toBe(0);
  });

  it('either deletes a message with the conversation or leaves it to a new one', async () => {
    const { room } = agent;
    for (let round = 0; round < 20; round += 1) {
      const conversation = await room.conversation();
      const ids: string[] = [];
      const writing = repeat(async () => ids.push(await receive(conversation, `message ${ids.length}`)));
      await eventually(() => expect(ids.length).toBeGreaterThan(1));
      await erasures.erase(conversation.id);
      await writing();
      const after = ids.filter((id) => id !== conversation.id);
      expect(ids).toEqual([...ids.filter((id) => id === conversation.id), ...after]);
      const waiting = await room.rows<{ id: string }>(
        `SELECT conversation_id AS id FROM events WHERE state = 'waiting' AND conversation_id = ANY ($1::uuid[])`,
        [ids],
      );
      expect(waiting.map(({ id }) => id)).toEqual(after);
    }
  });
});

describe('A conversation whose erasure has begun', () => {
  it('exists for no lane, inbox, command, schedule, decision or listing', async () => {
    const { room } = agent;
    const conversation = await room.conversation({ title: 'Erased' });
    const { id } = conversation;
    const schedules = new ScheduleRepository(room.prisma, room.ids);
    const planned = { ...reminder, conversationId: id };
    const schedule = await schedules.add(planned);
    if (typeof schedule === 'string') throw new Error(schedule);
    const turn = await room.prisma.turn.create({
      data: { id: randomUUID(), conversationId: id, epoch: 0, state: 'parked' },
    });
    const call = { turnId: turn.id, stepIndex: 1, conversationId: id, tool: 'pay', arguments: '{}' };
    const approval = await room.prisma.approval.create({
      data: { ...call, id: randomUUID(), expiresAt: new Date(Date.now() + 3_600_000) },
    });
    const command = await room.event(conversation, '/stop');

    expect(await erasures.detach(id)).toEqual({ channel: 'telegram', chatId: conversation.chatId });

    for (const lane of Object.values(Lane)) expect(await room.leases.acquire(id, lane)).toBeNull();
    expect(await storeFor(id, Number(conversation.chatId), 'hello')).toEqual({ kind: 'gone' });
    expect(await agent.commands.handleWaiting(id, null)).toMatchObject({ replied: false, unblocked: [] });
    expect(await room.prisma.event.findUnique({ where: { id: command } })).toMatchObject({
      state: 'waiting',
    });
    expect(await schedules.add(planned)).toBe('gone');
    const due = new DueSchedulesRepository(room.prisma);
    expect(await due.ids(10)).toEqual([]);
    expect(await room.prisma.$transaction((tx) => due.lockDue(tx, schedule.id))).toBeNull();
    expect(await agent.approvals.decideAsOperator(approval.id, 'approved', null)).toBeNull();
    expect(await room.prisma.$transaction((tx) => agent.turnStop.cancelTurn(tx, turn.id))).toEqual({
      kind: 'unknown',
    });
    expect(await room.conversations.find(id)).toBeNull();
    const listing = new ConversationListingRepository(room.prisma);
    expect(await listing.rows({ status: null, search: 'Erased' }, null, 10)).toEqual([]);
    expect(await erasures.erase(id)).toBeNull();
  });

  it('gets no lease back from a /stop that was handled while it began', async () => {
    const { room } = agent;
    const { id } = await room.conversation();
    await erasures.detach(id);
    await room.prisma.$transaction((tx) => room.leases.revoke(tx, id, 'turns'));
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
  });

  it('lets a commit that has passed its fence end first, and none after it', async () => {
    const { room } = agent;
    const { id } = await room.conversation();
    const lease = await room.lease(id);
    const detaching = await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      const waits = erasures.detach(id);
      await room.somebodyWaitsForALock();
      await tx.conversation.update({ where: { id }, data: { title: 'in time' } });
      return { waits };
    });
    expect(await detaching.waits).not.toBeNull();
    const late = room.prisma.$transaction((tx) => room.leases.assertHeld(tx, lease));
    await expect(late).rejects.toBeInstanceOf(LeaseLostError);
  });
});
