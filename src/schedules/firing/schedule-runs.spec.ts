import { describe, expect, it } from 'vitest';
import type { Prisma } from '../../generated/prisma/client.js';
import { DueSchedulesRepository } from './due-schedules.repository.js';
import {
  AN_HOUR_MS,
  conversation,
  DAILY,
  events,
  firing,
  found,
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

it('Times that were missed for days are each recorded, a part a transaction, and the newest fires', async () => {
  const many = 900;
  const newest = Date.now() - 30 * 60_000;
  const due = await schedule({ ...HOURLY, nextAt: new Date(newest - (many - 1) * AN_HOUR_MS) });
  expect(await firing.run()).toHaveLength(1);
  const runs = await runsOf(due);
  expect(runs).toHaveLength(many);
  expect(runs.indexOf('fired')).toBe(many - 1);
  expect((await found(due)).nextAt).toEqual(new Date(newest + AN_HOUR_MS));
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
    await room.pool.query(`UPDATE events SET state = 'claimed', turn_id = $1`, [turn.id]);
    await come(due);
    expect(await runsOf(due)).toEqual(['fired', 'skipped SCHEDULE_OVERLAP', 'skipped SCHEDULE_OVERLAP']);
    await room.prisma.turn.update({ where: { id: turn.id }, data: { state: 'done' } });
    await room.pool.query(`UPDATE events SET state = 'done'`);
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
