import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCK_PATH, CLOCK_SCHEMA } from '../../../test/chaos/movable-clock.js';
import { Database } from '../../platform/database/database.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { DatabasePool } from '../../platform/database/database-pool.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { MissedPolicy, Schedule } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../schedule.repository.js';
import { SchedulesService, type When } from '../schedules.service.js';
import {
  conversation,
  found,
  ofConversation,
  processOn,
  replies,
  room,
  useFiringFixture,
} from './firing.fixture.js';
import type { ScheduleFiring } from './schedule-firing.js';

useFiringFixture();

const pools: DatabasePool[] = [];
let schedulers: readonly ScheduleFiring[];
let service: SchedulesService;

/** Two processes, and the clock of their database can be set. */
beforeAll(async () => {
  await room.pool.query(CLOCK_SCHEMA);
  await room.pool.query(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = ${CLOCK_PATH}', current_database()); END $$`,
  );
  for (let n = 0; n < 2; n += 1) pools.push(new DatabasePool(new Database(room.url), { poolSize: 2 }));
  const clients = pools.map((pool) => new PrismaService(pool));
  schedulers = clients.map((client) => processOn(client));
  const [client = room.prisma] = clients;
  service = new SchedulesService(new ScheduleRepository(client, room.ids), new DatabaseClock(client));
});
afterAll(() => Promise.all(pools.map((pool) => pool.end())));

const runsOf = ({ id }: Schedule) =>
  room.prisma.scheduleRun.findMany({ where: { scheduleId: id }, orderBy: { dueAt: 'asc' } });

async function setClock(time: Date): Promise<void> {
  await room.pool.query('UPDATE chaos.clock SET ahead = $1::timestamptz - pg_catalog.clock_timestamp()', [
    time,
  ]);
}
const later = (time: Date, ms: number) => new Date(time.getTime() + ms);

/** Both schedulers at once, until neither has anything to do. */
async function bothRun(): Promise<number> {
  const fired = await Promise.all(schedulers.map((one) => one.run()));
  // One that found the schedule locked leaves it to the next pass.
  const rest = await schedulers[0]?.run();
  return fired.flat().length + (rest?.length ?? 0);
}

function plan(when: When, missed: MissedPolicy = 'one'): Promise<Schedule> {
  const what = { conversationId: conversation.id, kind: 'reminder', text: 'Tea' } as const;
  return service.plan({ ...what, when, policy: { missed }, createdBy: null, idempotencyKey: null });
}

/** Lets the time come to each of its runs until `end`. */
async function live(due: Schedule, end: Date): Promise<void> {
  for (let row = due; row.nextAt < end; row = await found(due)) {
    await setClock(later(row.nextAt, 1_000));
    expect(await bothRun()).toBe(1);
    // Back to a time that has been: a backup was restored, a clock set back.
    await room.prisma.schedule.update({ where: { id: due.id }, data: { nextAt: row.nextAt } });
    expect(await bothRun()).toBe(0);
  }
}

/** The times of its runs as UTC and as local time. */
async function timesOf(due: Schedule, timeZone: string): Promise<string[]> {
  const local = { timeZone, day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  return (await runsOf(due)).map(
    ({ dueAt }) => `${dueAt.toISOString().slice(8, 16)}Z = ${dueAt.toLocaleString('sv', local)}`,
  );
}

/** From noon (UTC) two days before the change, for four days. */
const changes: readonly (readonly [zone: string, change: string, cron: string, times: readonly string[]])[] =
  [
    [
      'Europe/Berlin',
      '2027-03-28',
      '30 2 * * *',
      ['27T01:30Z = 27 02:30', '28T01:30Z = 28 03:30', '29T00:30Z = 29 02:30', '30T00:30Z = 30 02:30'],
    ],
    [
      'Europe/Berlin',
      '2027-10-31',
      '30 2 * * *',
      ['30T00:30Z = 30 02:30', '31T00:30Z = 31 02:30', '01T01:30Z = 01 02:30', '02T01:30Z = 02 02:30'],
    ],
    [
      'America/New_York',
      '2027-03-14',
      '30 2 * * *',
      ['13T07:30Z = 13 02:30', '14T07:30Z = 14 03:30', '15T06:30Z = 15 02:30', '16T06:30Z = 16 02:30'],
    ],
    [
      'America/New_York',
      '2027-11-07',
      '30 1 * * *',
      ['06T05:30Z = 06 01:30', '07T05:30Z = 07 01:30', '08T06:30Z = 08 01:30', '09T06:30Z = 09 01:30'],
    ],
    [
      'Australia/Lord_Howe',
      '2027-10-03',
      '15 2 * * *',
      ['01T15:45Z = 02 02:15', '02T15:45Z = 03 02:45', '03T15:15Z = 04 02:15', '04T15:15Z = 05 02:15'],
    ],
    [
      'Australia/Lord_Howe',
      '2027-04-04',
      '45 1 * * *',
      ['02T14:45Z = 03 01:45', '03T14:45Z = 04 01:45', '04T15:15Z = 05 01:45', '05T15:15Z = 06 01:45'],
    ],
  ];

describe('Two schedulers, over a change to or from summer time', () => {
  it.each(changes)('in %s on %s fire each time of %s once', async (timeZone, change, cron, times) => {
    const begin = later(new Date(`${change}T12:00:00Z`), -2 * 86_400_000);
    await setClock(begin);
    const due = await plan({ kind: 'repeatedly', cron, timeZone });
    await live(due, later(begin, 4 * 86_400_000));
    expect(await timesOf(due, timeZone)).toEqual(times);
    expect((await runsOf(due)).every(({ state }) => state === 'fired')).toBe(true);
    expect(await replies()).toBe(times.length);
  });

  it('keep an interval’s distance, by no clock on a wall', async () => {
    const begin = new Date('2027-03-27T12:00:00Z');
    await setClock(begin);
    const startAt = '2027-03-27T13:00:00Z';
    const due = await plan({ kind: 'interval', everyMinutes: 420, startAt });
    await live(due, later(begin, 86_400_000));
    expect(await timesOf(due, 'Europe/Berlin')).toEqual([
      '27T13:00Z = 27 14:00',
      '27T20:00Z = 27 21:00',
      '28T03:00Z = 28 05:00',
      '28T10:00Z = 28 12:00',
    ]);
  });

  it.each([
    ['none', ['missed', 'missed', 'missed', 'missed'], 0],
    ['one', ['missed', 'missed', 'missed', 'fired'], 1],
    ['all', ['fired', 'fired', 'fired', 'fired'], 4],
  ] as const)('that were away meanwhile, catch up %s', async (missed, states, fired) => {
    const [first] = changes;
    const [timeZone = '', change = '', cron = '', times = []] = first ?? [];
    const begin = later(new Date(`${change}T12:00:00Z`), -2 * 86_400_000);
    await setClock(begin);
    const due = await plan({ kind: 'repeatedly', cron, timeZone }, missed);
    await setClock(later(begin, 4 * 86_400_000));
    expect(await bothRun()).toBe(Math.min(1, fired));
    expect(await timesOf(due, timeZone)).toEqual(times);
    expect((await runsOf(due)).map(({ state }) => state)).toEqual(states);
    expect(await room.prisma.message.count(ofConversation())).toBe(fired);
    expect((await found(due)).nextAt).toEqual(new Date('2027-03-31T00:30:00Z'));
  });
});
