import { describe, expect, it } from 'vitest';
import { UserId } from '../../channel/ids.js';
import { planOf } from '../../../test/support/query-plan.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { Database } from '../../platform/database/database.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { readScheduledEvent } from '../scheduled-event.js';
import { dueSchedulesStatement } from './due-schedules.repository.js';
import {
  AN_HOUR_MS,
  anotherConversation,
  DAILY,
  conversation,
  events,
  firing,
  found,
  ofConversation,
  processOn,
  replies,
  room,
  schedule,
  useFiringFixture,
} from './firing.fixture.js';

useFiringFixture();

describe('A reminder', () => {
  it('is sent once when it is due, is part of the history, and ends', async () => {
    const due = await schedule();
    const later = await schedule({ nextAt: new Date(Date.now() + AN_HOUR_MS) });
    expect(await firing.run()).toEqual([{ conversationId: conversation.id, kind: 'reminder' }]);
    expect(await firing.run()).toEqual([]);
    const [message] = await room.prisma.message.findMany({ ...ofConversation(), include: { replies: true } });
    expect(message).toMatchObject({ role: 'assistant', text: 'Tea', replies: [{ state: 'pending' }] });
    expect(await found(due)).toMatchObject({
      state: 'done',
      lastFiredAt: expect.any(Date),
      endedAt: expect.any(Date),
    });
    expect((await found(later)).state).toBe('planned');
    expect(await room.conversations.find(conversation.id)).toMatchObject({ messageCount: 1 });
  });

  it('belongs to the conversation’s epoch at that time: a /reset keeps it', async () => {
    await schedule();
    await room.prisma.$transaction((tx) => room.conversations.reset(tx, conversation.id, 1n));
    await firing.run();
    expect(await room.prisma.message.findMany(ofConversation())).toMatchObject([{ text: 'Tea', epoch: 1 }]);
  });
});

describe('A schedule of a blocked person', () => {
  it('is skipped, in private and in groups', async () => {
    const userId = conversation.chatId;
    await room.prisma.person.create({ data: { channel: 'telegram', userId, firstName: 'Ada' } });
    await room.prisma.personAccess.create({ data: { channel: 'telegram', userId, blockedAt: new Date() } });
    const own = await schedule();
    await anotherConversation({ chatId: `-${userId}`, chatType: 'supergroup' });
    const inGroup = await schedule({ createdBy: userId });
    const others = await schedule();
    expect(await firing.run()).toEqual([{ conversationId: conversation.id, kind: 'reminder' }]);
    expect((await found(own)).lastFiredAt).toBeNull();
    expect((await found(inGroup)).lastFiredAt).toBeNull();
    expect((await found(others)).lastFiredAt).not.toBeNull();
  });
});

describe('A task', () => {
  it('is an event at each of its times, with its creator, and gets its next time', async () => {
    const nextAt = new Date('2026-01-05T08:00:00Z');
    await room.prisma.person.create({ data: { channel: 'telegram', userId: '77', firstName: 'Ada' } });
    const due = await schedule({
      ...DAILY,
      cron: '0 9 5 1 *',
      nextAt,
      createdBy: '77',
      text: 'Tell the news',
    });
    expect(await firing.run()).toEqual([{ conversationId: conversation.id, kind: 'task' }]);
    const [event] = await events();
    expect(event).toMatchObject({
      source: 'schedule',
      externalId: `${due.id}:2026-01-05T08:00:00.000Z`,
      kind: 'message',
      state: 'waiting',
    });
    expect(readScheduledEvent(event?.payload)).toEqual({
      number: due.number,
      dueAt: '2026-01-05T08:00:00.000Z',
      text: 'Tell the news',
      sender: {
        userId: UserId('77'),
        isChat: false,
        firstName: 'Ada',
        lastName: null,
        username: null,
        languageCode: null,
      },
    });
    expect(await replies()).toBe(0);
  });

  it('fires once for all missed times, and is next due in the future', async () => {
    const due = await schedule({ ...DAILY, nextAt: new Date(Date.now() - 40 * 24 * AN_HOUR_MS) });
    await firing.run();
    await firing.run();
    expect(await events()).toHaveLength(1);
    const { nextAt, state } = await found(due);
    expect(state).toBe('planned');
    expect(nextAt.getTime()).toBeGreaterThan(Date.now());
    expect(nextAt.getTime()).toBeLessThan(Date.now() + 26 * AN_HOUR_MS);
    expect(nextAt.toLocaleTimeString('de', { timeZone: 'Europe/Berlin' })).toBe('09:00:00');
  });

  it('does not accumulate: while its last event still waits, it skips the next time', async () => {
    const due = await schedule(DAILY);
    const other = await schedule(DAILY);
    await firing.run();
    // A second ago: the column has milliseconds, so a moment with microseconds may be rounded into the future.
    const again = () => room.pool.query(`UPDATE schedules SET next_at = now() - interval '1 second'`);
    await again();
    expect(await firing.run()).toEqual([]);
    expect((await found(due)).nextAt.getTime()).toBeGreaterThan(Date.now());
    expect(await events()).toHaveLength(2);
    await room.pool.query(`UPDATE events SET state = 'done' WHERE external_id LIKE $1`, [`${due.id}:%`]);
    await again();
    expect(await firing.run()).toHaveLength(1);
    expect((await found(other)).state).toBe('planned');
  });

  it('ends when its rule has no further time', async () => {
    const due = await schedule({ ...DAILY, timeZone: 'Mars/Olympus' });
    expect(await firing.run()).toHaveLength(1);
    expect(await found(due)).toMatchObject({ state: 'done', endedAt: expect.any(Date) });
  });
});

describe('Each time has one effect', () => {
  it('even if several processes find it at once', async () => {
    const pools = Array.from({ length: 3 }, () => new DatabasePool(new Database(room.url), { poolSize: 3 }));
    const processes = pools.map((pool) => processOn(new PrismaService(pool)));
    const made = 60;
    for (let n = 0; n < made; n += 1) await schedule(n % 2 === 0 ? {} : DAILY);
    const fired = await Promise.all(processes.map((one) => one.run()));
    // A process that found the conversation locked leaves it to the next pass.
    const rest = await firing.run();
    expect([...fired.flat(), ...rest]).toHaveLength(made);
    expect([await replies(), (await events()).length]).toEqual([made / 2, made / 2]);
    expect(await firing.run()).toEqual([]);
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it('even if the process dies in the middle of it', async () => {
    const due = await schedule();
    const blocker = await room.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE replies IN EXCLUSIVE MODE');
    const outcome = firing.run().catch((error: unknown) => error);
    // The message is written, the reply is not.
    await room.somebodyWaitsForALock();
    await room.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    await outcome;
    await blocker.query('ROLLBACK');
    blocker.release();
    expect([await room.prisma.message.count(ofConversation()), await replies()]).toEqual([0, 0]);
    expect((await found(due)).state).toBe('planned');
    expect(await firing.run()).toHaveLength(1);
    expect([await room.prisma.message.count(ofConversation()), await replies()]).toEqual([1, 1]);
  });

  it('and a schedule that cannot fire does not stop the others', async () => {
    const broken = await schedule({ text: 'broken', nextAt: new Date(0) });
    await schedule();
    await room.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF OLD.text = 'broken' THEN RAISE 'no'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION refuse()`);
    expect(await firing.run()).toHaveLength(1);
    await room.pool.query('DROP TRIGGER refuse ON schedules');
    expect(await replies()).toBe(1);
    expect((await found(broken)).state).toBe('planned');
    expect(await firing.run()).toHaveLength(1);
  });
});

describe('The search for due schedules', () => {
  it('reads an index up to the due ones, and no further', async () => {
    await room.pool.query(
      `INSERT INTO schedules (id, conversation_id, number, kind, text, next_at, state)
       SELECT gen_random_uuid(), $1, 1000000 + n, 'reminder', 'x', now() + (n % 2 * 2 - 1) * interval '1 day',
              CASE WHEN n % 2 = 0 THEN 'done' ELSE 'planned' END::schedule_state
       FROM generate_series(1, 50000) AS n`,
      [conversation.id],
    );
    await room.pool.query('ANALYZE schedules');
    const { text: plan, pages } = await planOf(room.prisma, dueSchedulesStatement(200));
    expect(plan).toMatch(/Index Scan using schedules_due/);
    expect(plan).toMatch(/Index Cond: \(next_at <=/);
    expect(plan).not.toContain('Seq Scan');
    expect(pages).toBeLessThan(10);
  });
});
