import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { RetentionSettings } from '../config/retention.settings.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Conversation, Prisma } from '../generated/prisma/client.js';
import { EventRepository } from '../inbox/event.repository.js';
import { DeadLetters } from '../queue/dead-letters.service.js';
import { smallestIdOf } from '../runtime/ids.js';
import { Stopping } from '../runtime/stopping.js';
import { BudgetPurge } from './budget-purge.repository.js';
import { PayloadPurge } from './payload-purge.repository.js';
import { ReplyPurge } from './reply-purge.repository.js';
import { Retention } from './retention.service.js';
import { SchedulePurge } from './schedule-purge.repository.js';
import { StepPurge } from './step-purge.repository.js';

let room: Room;
let lanes: Lanes;
let deadLetters: DeadLetters;
let turns = 0;

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
const OLD = daysAgo(11);
const YOUNG = daysAgo(9);
const tenDays = { payloadDays: 10, stepDays: 10, replyDays: 10, budgetDays: 10 };

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
  deadLetters = new DeadLetters(room.prisma, lanes.waker);
});
afterEach(() => room.pool.query('DELETE FROM events; DELETE FROM conversations'));
afterAll(async () => {
  await lanes.close();
  await room.close();
});

function retention(change: Partial<RetentionSettings> = {}, stopping = new Stopping()): Retention {
  const settings = Object.assign(new RetentionSettings(), tenDays, change);
  const { prisma } = room;
  const purges = [
    new PayloadPurge(prisma),
    new StepPurge(prisma),
    new ReplyPurge(prisma),
    new BudgetPurge(prisma),
    new SchedulePurge(prisma),
  ] as const;
  return new Retention(settings, new DatabaseClock(prisma), stopping, ...purges);
}

async function aTurn(
  { id: conversationId }: Conversation,
  change: Partial<Prisma.TurnUncheckedCreateInput> = {},
): Promise<string> {
  const began = daysAgo(12).getTime() + (turns += 1);
  const { id } = await room.prisma.turn.create({
    data: {
      id: smallestIdOf(new Date(began)),
      conversationId,
      epoch: 0,
      state: 'done',
      inputTokens: 7,
      finishedAt: OLD,
      ...change,
    },
  });
  await room.prisma.step.createMany({
    data: [0, 1].map((index) => ({
      turnId: id,
      index,
      kind: 'model',
      name: 'm',
      requestDigest: 'd',
      result: {},
      startedAt: OLD,
    })),
  });
  return id;
}

async function aReply(
  { id: conversationId }: Conversation,
  change: Partial<Prisma.ReplyUncheckedCreateInput> = {},
): Promise<bigint> {
  const data = { conversationId, body: { text: 'hi' }, state: 'sent' as const, settledAt: OLD, ...change };
  return (await room.prisma.reply.create({ data })).id;
}

async function aLetter(
  { id: conversationId }: Conversation,
  kind: 'event' | 'turn' | 'reply',
  subjectId: string,
): Promise<string> {
  const reason = { reason: 'R', attempts: 1, lastError: 'x' };
  const { id } = await room.prisma.deadLetter.create({
    data: { id: room.ids.next(), kind, subjectId, conversationId, ...reason },
  });
  return id;
}

const hasPayload = async (id: bigint) =>
  (await room.prisma.event.findUniqueOrThrow({ where: { id } })).payload !== null;
const stepsOf = (turnId: string) => room.prisma.step.count({ where: { turnId } });
const exists = async (id: bigint) => (await room.prisma.reply.count({ where: { id } })) === 1;

describe('schedules', () => {
  it('go when they ended long ago, more of them than a batch holds; what is planned stays however old', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `INSERT INTO schedules (id, conversation_id, number, kind, text, next_at, state, created_at, ended_at)
       SELECT gen_random_uuid(), $1, row_number() OVER (), 'reminder', 'x', now(), state::schedule_state,
              now() - interval '1 year', now() - back * interval '1 day'
       FROM (VALUES ('done', 9), ('cancelled', 12), ('done', 13), ('planned', NULL)) AS kinds (state, back),
            generate_series(1, 700)`,
      [id],
    );
    expect(await retention({ stepDays: 0 }).run()).toMatchObject({ schedules: 0 });
    expect(await retention().run()).toMatchObject({ schedules: 1_400 });
    const left = await room.prisma.schedule.groupBy({
      by: ['state'],
      _count: true,
      orderBy: { state: 'asc' },
    });
    expect(left).toMatchObject([
      { state: 'planned', _count: 700 },
      { state: 'done', _count: 700 },
    ]);
  });
});

describe('budgets', () => {
  it('go with their days, more of them than a batch holds, and the young stay', async () => {
    await room.pool.query(
      `INSERT INTO budget_days (day, scope, key)
       SELECT now()::date - back, 'chat', 'telegram:' || n
       FROM unnest(ARRAY[9, 12, 13]) AS back, generate_series(1, 700) AS n`,
    );
    expect(await retention({ budgetDays: 0 }).run()).toMatchObject({ budgets: 0 });
    expect(await retention().run()).toMatchObject({ budgets: 1_400 });
    const left = await room.prisma.budgetDay.groupBy({ by: ['day'], _count: true });
    expect(left).toMatchObject([{ _count: 700 }]);
    await room.prisma.budgetDay.deleteMany();
  });
});

describe('payloads', () => {
  it('go from finished events that are old, and the update is still known as a duplicate', async () => {
    const conversation = await room.conversation();
    const finished = ['done', 'dropped', 'dead'] as const;
    const old = await Promise.all(
      finished.map((state) => room.event(conversation, 'hello', { state, receivedAt: OLD })),
    );
    const young = await room.event(conversation, 'hello', { state: 'done', receivedAt: YOUNG });
    expect(await retention().run()).toEqual({ payloads: 3, steps: 0, replies: 0, budgets: 0, schedules: 0 });
    expect(await Promise.all([...old, young].map(hasPayload))).toEqual([false, false, false, true]);
    const rows = await room.prisma.event.findMany({ where: { id: { in: old } }, orderBy: { id: 'asc' } });
    const again = rows.map(({ source, externalId }) => ({
      source,
      externalId,
      conversationId: conversation.id,
      kind: 'message' as const,
      payload: '{}',
      dropped: false,
    }));
    const stored = await new EventRepository(room.pool).store(again);
    expect(stored).toEqual(again.map(() => ({ kind: 'duplicate' })));
    expect(await retention().run()).toEqual({ payloads: 0, steps: 0, replies: 0, budgets: 0, schedules: 0 });
  });

  it('stay with an event that waits or is claimed, however old it is', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'running', finishedAt: null });
    const waiting = await room.event(conversation, 'hello', { receivedAt: daysAgo(1_000) });
    const claimed = await room.event(conversation, 'hello', {
      state: 'claimed',
      turnId,
      receivedAt: daysAgo(1_000),
    });
    await retention().run();
    expect(await Promise.all([waiting, claimed].map(hasPayload))).toEqual([true, true]);
  });

  it('stay while their turn or they themselves are a dead letter, and go once it is discarded', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'failed' });
    const dead = { state: 'dead', receivedAt: OLD } as const;
    const ofTurn = await room.event(conversation, 'hello', { ...dead, turnId });
    const own = await room.event(conversation, 'hello', dead);
    const letters = [
      await aLetter(conversation, 'turn', turnId),
      await aLetter(conversation, 'event', String(own)),
    ];
    expect((await retention().run()).payloads).toBe(0);
    expect(await Promise.all([ofTurn, own].map(hasPayload))).toEqual([true, true]);
    for (const letter of letters) await deadLetters.discard(letter);
    expect((await retention().run()).payloads).toBe(2);
  });

  it('go though more than a batch before them has to stay, all of the same microsecond', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'failed' });
    const letter = await aLetter(conversation, 'turn', turnId);
    await room.pool.query(
      `INSERT INTO events (source, external_id, conversation_id, kind, state, payload, received_at, turn_id)
       SELECT 'many', n, $1, 'message', 'dead', '{}', $2, CASE WHEN n <= 2500 THEN $3::uuid END
       FROM generate_series(1, 5000) AS n`,
      [conversation.id, OLD, turnId],
    );
    expect((await retention().run()).payloads).toBe(2_500);
    await deadLetters.discard(letter);
    expect((await retention().run()).payloads).toBe(2_500);
  });

  it('of events that somebody else has locked are left to the next pass', async () => {
    const conversation = await room.conversation();
    const id = await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    const other = await room.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM events WHERE id = $1 FOR UPDATE', [id]);
      expect((await retention().run()).payloads).toBe(0);
      await other.query('COMMIT');
    } finally {
      other.release();
    }
    expect((await retention().run()).payloads).toBe(1);
  });
});

describe('steps', () => {
  it('go with the age of their turn, all at once; the turn stays', async () => {
    const conversation = await room.conversation();
    const old = await aTurn(conversation);
    const young = await aTurn(conversation, { finishedAt: YOUNG });
    expect((await retention().run()).steps).toBe(2);
    expect([await stepsOf(old), await stepsOf(young)]).toEqual([0, 2]);
    expect(await room.prisma.turn.findUnique({ where: { id: old } })).toMatchObject({
      state: 'done',
      inputTokens: 7,
    });
  });

  it('stay with a turn that is not finished, however long ago it began', async () => {
    const ids = [];
    for (const state of ['waiting', 'running'] as const)
      ids.push(await aTurn(await room.conversation(), { state, finishedAt: null }));
    await retention().run();
    expect(await Promise.all(ids.map(stepsOf))).toEqual([2, 2]);
  });

  it('stay with a dead letter, through its replay, and go when it is discarded', async () => {
    const conversation = await room.conversation();
    const replayed = await aTurn(conversation, { state: 'failed' });
    const discarded = await aTurn(conversation, { state: 'failed' });
    const letters = [
      await aLetter(conversation, 'turn', replayed),
      await aLetter(conversation, 'turn', discarded),
    ] as const;
    expect((await retention().run()).steps).toBe(0);
    await deadLetters.replay(letters[0]);
    await deadLetters.discard(letters[1]);
    expect((await retention().run()).steps).toBe(2);
    expect([await stepsOf(replayed), await stepsOf(discarded)]).toEqual([2, 0]);
  });

  it('go from more turns than one batch holds', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `WITH t AS (
         INSERT INTO turns (id, conversation_id, epoch, state, finished_at)
         SELECT overlay($1 PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, $2, 0, 'done', $3
         FROM generate_series(1, 700) AS n RETURNING id)
       INSERT INTO steps (turn_id, index, kind, name, request_digest, result, started_at)
       SELECT t.id, i, 'model', 'm', 'd', '{}', now() FROM t, generate_series(0, 2) AS i`,
      [smallestIdOf(daysAgo(12)), id, OLD],
    );
    expect((await retention().run()).steps).toBe(2_100);
  });
});

describe('replies', () => {
  it('go once they have been settled for long enough; what is open stays', async () => {
    const conversation = await room.conversation();
    const createdAt = daysAgo(1_000);
    const settled = [
      await aReply(conversation),
      await aReply(conversation, { state: 'uncertain' }),
      await aReply(conversation, { state: 'failed' }),
    ];
    const kept = [
      await aReply(conversation, { settledAt: YOUNG, createdAt }),
      await aReply(conversation, { state: 'pending', settledAt: null, createdAt }),
      await aReply(conversation, { state: 'sending', settledAt: null, createdAt }),
      await aReply(conversation, { state: 'uncertain', settledAt: null, createdAt }),
    ];
    expect((await retention().run()).replies).toBe(3);
    expect(await Promise.all(settled.map(exists))).toEqual(settled.map(() => false));
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
  });

  it('stay while they are a dead letter: a replay sends the same body', async () => {
    const conversation = await room.conversation();
    const id = await aReply(conversation, { state: 'failed' });
    const letter = await aLetter(conversation, 'reply', String(id));
    await retention().run();
    await deadLetters.replay(letter);
    await retention().run();
    expect(await room.prisma.reply.findUnique({ where: { id } })).toMatchObject({
      state: 'pending',
      body: { text: 'hi' },
    });
  });

  it('of one message go together or not at all', async () => {
    const conversation = await room.conversation();
    const message = { conversationId: conversation.id, epoch: 0, role: 'assistant', text: 'long' } as const;
    const messageOf = async (...parts: Partial<Prisma.ReplyUncheckedCreateInput>[]) => {
      const { id: messageId } = await room.prisma.message.create({ data: message });
      const ids: bigint[] = [];
      for (const [part, change] of parts.entries())
        ids.push(await aReply(conversation, { messageId, part, ...change }));
      return ids;
    };
    const gone = await messageOf({}, {});
    const openPart = await messageOf({}, { state: 'pending', settledAt: null });
    const youngPart = await messageOf({}, { settledAt: YOUNG });
    const deadPart = await messageOf({}, { state: 'failed' }, {});
    await aLetter(conversation, 'reply', String(deadPart[1]));
    expect((await retention().run()).replies).toBe(2);
    expect(await Promise.all(gone.map(exists))).toEqual([false, false]);
    const kept = [...openPart, ...youngPart, ...deadPart];
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
  });

  it('go from more than one batch, none half', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `WITH m AS (
         INSERT INTO messages (conversation_id, epoch, role, text)
         SELECT $1, 0, 'assistant', 'long' FROM generate_series(1, 700) RETURNING id)
       INSERT INTO replies (conversation_id, message_id, part, body, state, settled_at)
       SELECT $1, m.id, part, '{}', 'sent', $2 FROM m, generate_series(0, 2) AS part`,
      [id, OLD],
    );
    const after = { purged: 0, left: 0 };
    for await (const purged of new ReplyPurge(room.prisma).batches(daysAgo(10))) {
      after.purged += purged;
      const halves = await room.rows('SELECT FROM replies GROUP BY message_id HAVING count(*) < 3');
      after.left += halves.length;
    }
    expect(after).toEqual({ purged: 2_100, left: 0 });
  });
});

describe('Retention', () => {
  it('never touches the history: messages, facts, turns and events are all still there', async () => {
    const conversation = await room.conversation({ createdAt: daysAgo(1_000) });
    const turnId = await aTurn(conversation);
    const createdAt = daysAgo(1_000);
    const conversationId = conversation.id;
    const { id: messageId } = await room.prisma.message.create({
      data: { conversationId, epoch: 0, role: 'assistant', text: 'hello', turnId, createdAt },
    });
    await room.prisma.fact.create({ data: { conversationId, text: 'likes tea', createdAt } });
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD, turnId });
    await aReply(conversation, { messageId, turnId });
    const history = () =>
      room.rows(
        `SELECT (SELECT json_agg(m) FROM messages m) AS messages, (SELECT json_agg(f) FROM facts f) AS facts,
                (SELECT json_agg(t) FROM turns t) AS turns, (SELECT json_agg(c) FROM conversations c) AS conversations,
                (SELECT count(*) FROM events) AS events`,
      );
    const before = await history();
    expect(await retention().run()).toEqual({ payloads: 1, steps: 2, replies: 1, budgets: 0, schedules: 0 });
    expect(await history()).toEqual(before);
  });

  it('keeps for ever what its setting says 0 of, and removes the rest', async () => {
    const conversation = await room.conversation();
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    await aTurn(conversation);
    await aReply(conversation);
    const forever = { payloadDays: 0, stepDays: 0, replyDays: 0, budgetDays: 0 };
    expect(await retention(forever).run()).toEqual({
      payloads: 0,
      steps: 0,
      replies: 0,
      budgets: 0,
      schedules: 0,
    });
    expect(await retention({ stepDays: 0 }).run()).toEqual({
      payloads: 1,
      steps: 0,
      replies: 1,
      budgets: 0,
      schedules: 0,
    });
    expect(await retention().run()).toEqual({ payloads: 0, steps: 2, replies: 0, budgets: 0, schedules: 0 });
  });

  it('ends between two batches when the process ends', async () => {
    const conversation = await room.conversation();
    await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    const stopping = new Stopping();
    stopping.onModuleDestroy();
    expect((await retention({}, stopping).run()).payloads).toBe(0);
  });
});
