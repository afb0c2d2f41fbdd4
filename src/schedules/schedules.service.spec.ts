import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import type { Conversation } from '../generated/prisma/client.js';
import { MAX_SCHEDULES, ScheduleRepository } from './schedule.repository.js';
import { type Plan, SchedulesService } from './schedules.service.js';

let room: Room;
let repository: ScheduleRepository;
let schedules: SchedulesService;
let conversation: Conversation;

beforeAll(async () => {
  room = await Room.open();
  repository = new ScheduleRepository(room.prisma, room.ids);
  schedules = new SchedulesService(repository, new DatabaseClock(room.prisma));
});
afterAll(() => room.close());
beforeEach(async () => {
  conversation = await room.conversation();
});

const plan = (change: Partial<Plan> = {}) =>
  schedules.plan({
    conversationId: conversation.id,
    kind: 'reminder',
    text: 'Tea',
    when: { kind: 'once', at: '10m' },
    createdBy: '7',
    idempotencyKey: null,
    ...change,
  });
const planned = () => room.prisma.$transaction((tx) => repository.planned(tx, conversation.id));

describe('The schedules service', () => {
  it('plans by the clock of the database, to the millisecond', async () => {
    const { id, nextAt } = await plan();
    const [row] = await room.rows<{ awayMs: number; next: string }>(
      `SELECT extract(epoch FROM next_at - created_at)::float8 * 1000 AS "awayMs", next_at::text AS next
       FROM schedules WHERE id = $1`,
      [id],
    );
    expect(Math.abs((row?.awayMs ?? 0) - 600_000)).toBeLessThan(60_000);
    expect(new Date(row?.next ?? '')).toEqual(nextAt);
  });

  it('plans once for a repeated call, even if its time is past by then, and for concurrent ones', async () => {
    const key = { idempotencyKey: `turn:${conversation.id}` };
    const made = await Promise.all(Array.from({ length: 8 }, () => plan(key)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await room.pool.query(`UPDATE schedules SET state = 'done', ended_at = now() WHERE id = $1`, [
      made[0]?.id,
    ]);
    const again = await plan({ ...key, when: { kind: 'once', at: '2020-01-01T00:00:00Z' } });
    expect(again.id).toBe(made[0]?.id);
    expect(await planned()).toEqual([]);
  });

  it('gives each schedule a number of its own, which is not reused after a cancellation', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => plan()));
    expect(made.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    const cancelled = await room.prisma.$transaction((tx) => repository.cancel(tx, conversation.id, 5));
    expect(cancelled).toMatchObject({ number: 5, state: 'cancelled', endedAt: expect.any(Date) });
    expect(await room.prisma.$transaction((tx) => repository.cancel(tx, conversation.id, 5))).toBeNull();
    expect((await plan()).number).toBe(6);
    const other = await room.conversation();
    expect((await plan({ conversationId: other.id })).number).toBe(1);
  });

  it('plans no more than the limit in a conversation, however many calls come at once', async () => {
    for (let n = 0; n < MAX_SCHEDULES - 3; n += 1) await plan();
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => plan()));
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ code: 'SCHEDULES_FULL', message: expect.stringContaining('50') });
    expect(await planned()).toHaveLength(MAX_SCHEDULES);
  });

  it('finds the first time of a rule, in its time zone', async () => {
    const when = { kind: 'repeatedly', cron: '30 9 * * *', timeZone: 'Asia/Kolkata' } as const;
    const { nextAt, cron, timeZone } = await plan({ when });
    expect([cron, timeZone, nextAt.toISOString().slice(11)]).toEqual([
      '30 9 * * *',
      'Asia/Kolkata',
      '04:00:00.000Z',
    ]);
  });

  it('refuses a rule without a time, and a conversation that is gone', async () => {
    const when = { kind: 'repeatedly', cron: '0 0 31 2,4 *', timeZone: 'UTC' } as const;
    await expect(plan({ when })).rejects.toMatchObject({ code: 'SCHEDULE_RULE_INVALID' });
    await room.prisma.conversation.delete({ where: { id: conversation.id } });
    await expect(plan()).rejects.toMatchObject({ code: 'SCHEDULE_CONVERSATION_GONE' });
  });
});
