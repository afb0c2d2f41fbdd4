import { describe, expect, it } from 'vitest';
import type { Prisma } from '../../generated/prisma/client.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { Database } from '../../platform/database/database.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { DueSchedulesRepository } from './due-schedules.repository.js';
import {
  AN_HOUR_MS,
  conversation,
  DAILY,
  events,
  firing,
  found,
  processOn,
  replies,
  room,
  schedule,
  useFiringFixture,
} from './firing.fixture.js';

useFiringFixture();

const runsOf = async ({ id }: { readonly id: string }) =>
  (await room.prisma.scheduleRun.findMany({ where: { scheduleId: id }, orderBy: { dueAt: 'asc' } })).map(
    ({ state, code }) => (code === null ? state : `${state} ${code}`),
  );
const HOURLY: Partial<Prisma.ScheduleUncheckedCreateInput> = {
  kind: 'task',
  everyMinutes: 60,
  nextAt: new Date(Date.now() - 2.5 * AN_HOUR_MS),
};

describe('Times that were missed', () => {
  it('are recorded, and the newest one is made up for', async () => {
    const due = await schedule(HOURLY);
    expect(await firing.run()).toHaveLength(1);
    expect(await runsOf(due)).toEqual(['missed SCHEDULE_MISSED', 'missed SCHEDULE_MISSED', 'fired']);
    const [event] = await events();
    const newest = new Date(due.nextAt.getTime() + 2 * AN_HOUR_MS);
    expect(event?.externalId).toBe(`${due.id}:${newest.toISOString()}`);
    expect((await found(due)).nextAt).toEqual(new Date(newest.getTime() + AN_HOUR_MS));
  });

  it('are all made up for, in their order, if the schedule says so', async () => {
    const due = await schedule({ ...HOURLY, missed: 'all', overlap: 'queue' });
    await firing.run();
    expect(await runsOf(due)).toEqual(['fired', 'fired', 'fired']);
    const dueAt = (await events()).map(({ externalId }) => externalId);
    expect(dueAt).toEqual(dueAt.toSorted((one, other) => one.localeCompare(other)));
    const reminder = await schedule({ ...HOURLY, kind: 'reminder', missed: 'all' });
    await firing.run();
    expect(await runsOf(reminder)).toEqual(['fired', 'fired', 'fired']);
    expect(await replies()).toBe(3);
  });

  it('are left alone if the schedule says so, but not those of this minute', async () => {
    const due = await schedule({ ...HOURLY, missed: 'none' });
    expect(await firing.run()).toEqual([]);
    expect(await runsOf(due)).toEqual(Array(3).fill('missed SCHEDULE_MISSED'));
    expect(await events()).toEqual([]);
    const once = await schedule({ missed: 'none', nextAt: new Date(Date.now() - AN_HOUR_MS) });
    const inTime = await schedule({ missed: 'none', nextAt: new Date(Date.now() - 1_000) });
    expect(await firing.run()).toHaveLength(1);
    expect([await runsOf(once), await runsOf(inTime)]).toEqual([['missed SCHEDULE_MISSED'], ['fired']]);
    expect((await found(once)).state).toBe('cancelled');
  });
});

it('The newest thousand times of a schedule are kept', async () => {
  const due = await schedule({ ...HOURLY, kind: 'reminder' });
  await room.pool.query(
    `INSERT INTO schedule_runs (schedule_id, due_at, state)
     SELECT $1, now() - n * interval '1 day', 'fired' FROM generate_series(1, 1500) AS n`,
    [due.id],
  );
  await firing.run();
  const runs = await runsOf(due);
  expect(runs).toHaveLength(1_000);
  expect(runs.at(-1)).toBe('fired');
});

describe('A time that overlaps with the last one', () => {
  /** A time of the schedule comes. */
  const come = async ({ id }: { readonly id: string }) => {
    await room.pool.query(`UPDATE schedules SET next_at = now() - interval '1 second' WHERE id = $1`, [id]);
    await firing.run();
  };

  it('is skipped, as the record shows, until the turn of the last one has ended', async () => {
    const due = await schedule(DAILY);
    await firing.run();
    await come(due);
    const turn = await room.prisma.turn.create({
      data: { id: room.ids.next(), conversationId: conversation.id, epoch: 0, state: 'parked' },
    });
    await room.prisma.event.updateMany({ data: { state: 'claimed', turnId: turn.id } });
    await come(due);
    expect(await runsOf(due)).toEqual(['fired', 'skipped SCHEDULE_OVERLAP', 'skipped SCHEDULE_OVERLAP']);
    await room.prisma.turn.update({ where: { id: turn.id }, data: { state: 'done' } });
    await room.prisma.event.updateMany({ data: { state: 'done' } });
    await come(due);
    expect((await runsOf(due)).at(-1)).toBe('fired');
    expect(await events()).toHaveLength(2);
  });

  it('waits behind it if the schedule says so', async () => {
    const due = await schedule({ ...DAILY, overlap: 'queue' });
    await firing.run();
    await come(due);
    expect(await runsOf(due)).toEqual(['fired', 'fired']);
    expect(await events()).toHaveLength(2);
  });
});

describe('Each time fires once', () => {
  it('through both changes of the clocks in three zones, with two processes', async () => {
    const zones = [
      ['Europe/Berlin', '30 2 * * *', '2026-03-28T01:30:00Z'],
      ['Europe/Berlin', '30 2 * * *', '2026-10-24T00:30:00Z'],
      ['America/New_York', '30 2 * * *', '2026-03-07T07:30:00Z'],
      ['America/New_York', '30 1 * * *', '2026-10-31T05:30:00Z'],
      ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02T15:45:00Z'],
      ['Australia/Lord_Howe', '45 1 * * *', '2026-04-03T14:45:00Z'],
    ] as const;
    const pools = [0, 1].map(() => new DatabasePool(new Database(room.url), { poolSize: 3 }));
    const processes = pools.map((pool) => processOn(new PrismaService(pool)));
    for (const [timeZone, cron, start] of zones) {
      const rule = { kind: 'task', timeZone, cron, missed: 'all', overlap: 'queue' } as const;
      const due = await schedule({ ...rule, nextAt: new Date(start) });
      const began = Date.parse(start);
      await Promise.all(processes.map((one) => one.run()));
      await firing.run();
      const runs = await room.prisma.scheduleRun.findMany({
        where: { scheduleId: due.id },
        orderBy: { dueAt: 'asc' },
      });
      // One for each of its days, of which the newest hundred are recorded.
      const [first] = runs;
      expect(
        runs.every(({ state }) => state === 'fired'),
        timeZone,
      ).toBe(true);
      const days = runs.map(({ dueAt }) => dueAt.toLocaleDateString('sv', { timeZone }));
      expect(new Set(days).size, timeZone).toBe(runs.length);
      const [from = '', until = ''] = [days[0], days.at(-1)];
      expect((Date.parse(until) - Date.parse(from)) / 86_400_000, timeZone).toBe(runs.length - 1);
      expect(first?.dueAt.getTime()).toBeGreaterThanOrEqual(began);
      const ids = (await events()).map(({ externalId }) => externalId).filter((id) => id.startsWith(due.id));
      expect(new Set(ids).size).toBe(runs.length);
      expect(ids).toHaveLength(runs.length);
    }
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it('even if its schedule is set back to it', async () => {
    const due = await schedule({ ...HOURLY, kind: 'reminder' });
    await firing.run();
    await room.prisma.schedule.update({ where: { id: due.id }, data: { nextAt: due.nextAt } });
    expect(await firing.run()).toEqual([]);
    expect(await replies()).toBe(1);
  });

  it('and is left to the process that has the schedule', async () => {
    const due = await schedule();
    const repository = new DueSchedulesRepository(room.prisma);
    await room.prisma.$transaction(async (tx) => {
      expect(await repository.lockDue(tx, due.id)).not.toBeNull();
      expect(await firing.run()).toEqual([]);
    });
    expect(await firing.run()).toHaveLength(1);
  });
});
