import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends.js';
import { Lanes } from '../../../test/support/lanes.js';
import { Room } from '../../../test/support/room.js';
import { DatabaseClock } from '../../platform/database/database-clock.js';
import { ScheduleKeeper } from './schedule-keeper.js';

const schedule = { name: 'round', periodMs: 60_000 };
const HOUR_MS = 3_600_000;

describeOnEachBackend('ScheduleKeeper', (backend) => {
  let room: Room;
  let lanes: Lanes;
  let keeper: ScheduleKeeper;

  beforeAll(async () => {
    room = await Room.open();
    lanes = await Lanes.open(backend, room.url);
    keeper = new ScheduleKeeper(schedule, lanes.queues.turns, new DatabaseClock(room.prisma));
  });
  afterEach(() => lanes.rest());
  afterAll(async () => {
    await lanes.close();
    await room.close();
  });

  /** Milliseconds until the next round is due, and the number of jobs for it. */
  async function next(): Promise<{ inMs: number; jobs: number }> {
    const scheduler = await lanes.queues.turns.getJobScheduler(schedule.name);
    const jobs = await lanes.queues.turns.getJobCountByTypes('waiting', 'delayed', 'prioritized');
    return { inMs: (scheduler?.next ?? Number.NaN) - Date.now(), jobs };
  }
  const soon = { inMs: expect.toSatisfy((ms: number) => Math.abs(ms) <= schedule.periodMs), jobs: 1 };

  it('sets a schedule where there is none', async () => {
    await keeper.ensure();
    await keeper.ensure();
    expect(await next()).toEqual(soon);
  });

  it.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('replaces a schedule that a machine whose clock is %s has set', async (_where, offMs) => {
    const startDate = Date.now() + offMs;
    await lanes.queues.turns.upsertJobScheduler(schedule.name, { every: schedule.periodMs, startDate });
    await keeper.ensure();
    expect(await next()).toEqual(soon);
  });

  it('leaves a schedule alone that is due soon', async () => {
    await keeper.ensure();
    const before = await lanes.queues.turns.getJobScheduler(schedule.name);
    await keeper.ensure();
    expect(await lanes.queues.turns.getJobScheduler(schedule.name)).toEqual(before);
  });
});
