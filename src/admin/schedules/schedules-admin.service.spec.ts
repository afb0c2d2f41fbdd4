import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminApp, type Talk } from '../../../test/support/admin-app.js';
import { MAX_SCHEDULES } from '../../schedules/schedule.repository.js';

let admin: AdminApp;
let talk: Talk;

beforeAll(async () => {
  admin = await AdminApp.start();
});
afterAll(() => admin.stop());
beforeEach(async () => {
  talk = await admin.talk(0);
});

const create = (fields: object) =>
  admin.call('schedules', 'POST', {
    conversationId: talk.id,
    kind: 'reminder',
    text: 'Tea',
    at: '10m',
    ...fields,
  });
async function created(fields: object = {}): Promise<{ id: string }> {
  const answer = await create(fields);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json();
}
const daily = { at: undefined, kind: 'task', cron: '0 9 * * *', timeZone: 'Europe/Berlin' };
const unknown = '00000000-0000-7000-8000-000000000000';

describe('The schedules', () => {
  it('are made, shown, changed and removed', async () => {
    const once = await created();
    expect(once).toMatchObject({
      conversationId: talk.id,
      number: 1,
      kind: 'reminder',
      text: 'Tea',
      cron: null,
      state: 'planned',
      nextAt: expect.stringMatching(/Z$/),
      lastFiredAt: null,
      createdBy: null,
      endedAt: null,
    });
    expect(once).not.toHaveProperty('idempotencyKey');
    expect((await admin.call(`schedules/${once.id}`)).json()).toEqual({ ...once, runs: [] });
    const changed = await admin.call(`schedules/${once.id}`, 'PATCH', { text: 'Coffee', at: 'P1D' });
    expect(changed.json()).toMatchObject({ id: once.id, text: 'Coffee', number: 1 });
    expect(changed.json().nextAt > Object(once).nextAt).toBe(true);
    const task = await created(daily);
    const moved = await admin.call(`schedules/${task.id}`, 'PATCH', { timeZone: 'Asia/Kolkata' });
    expect(moved.json()).toMatchObject({ cron: '0 9 * * *', timeZone: 'Asia/Kolkata' });
    expect(moved.json().nextAt).toMatch(/T03:30:00\.000Z$/);
    expect((await admin.call(`schedules/${once.id}`, 'DELETE')).statusCode).toBe(204);
    expect((await admin.call(`schedules/${once.id}`)).statusCode).toBe(404);
  });

  it('may have an interval, and policies for times that were missed or overlap', async () => {
    const interval = { at: undefined, kind: 'task', everyMinutes: 30, missed: 'all', overlap: 'queue' };
    const made = await created(interval);
    expect(made).toMatchObject({ cron: null, everyMinutes: 30, missed: 'all', overlap: 'queue' });
    const changed = await admin.call(`schedules/${made.id}`, 'PATCH', { everyMinutes: 45, missed: 'none' });
    expect(changed.json()).toMatchObject({ everyMinutes: 45, missed: 'none', overlap: 'queue' });
    const from = await created({ ...interval, at: '2h' });
    expect(Object(from).nextAt > Object(made).nextAt).toBe(true);
    await admin.prisma.scheduleRun.create({
      data: { scheduleId: made.id, dueAt: new Date(0), state: 'missed', code: 'SCHEDULE_MISSED' },
    });
    expect((await admin.call(`schedules/${made.id}`)).json()).toMatchObject({
      runs: [{ dueAt: '1970-01-01T00:00:00.000Z', state: 'missed', code: 'SCHEDULE_MISSED' }],
    });
    for (const id of [made.id, from.id]) await admin.call(`schedules/${id}`, 'DELETE');
  });

  it('are listed newest first, page by page, by conversation and by state', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await created()).id);
    const ended = { state: 'done' as const, endedAt: new Date() };
    await admin.prisma.schedule.update({ where: { id: ids[4] ?? '' }, data: ended });
    const all = (await admin.pages(`schedules?conversationId=${talk.id}&limit=2`)).flat();
    expect(all.map(({ id }) => id)).toEqual(ids.toReversed());
    const done = await admin.list(`schedules?conversationId=${talk.id}&state=done`);
    expect(done).toMatchObject({ items: [{ id: ids[4], nextAt: null }], nextCursor: null });
    expect((await admin.call(`schedules/${ids[4]}`, 'PATCH', { text: 'late' })).statusCode).toBe(409);
  });

  it.each([
    ['no time', { at: undefined }],
    ['two times', { cron: '0 9 * * *' }],
    ['a time zone without a rule', { timeZone: 'UTC' }],
    ['a time that is null', { at: null }],
    ['a past time', { at: '2020-01-01T00:00:00Z' }],
    ['a rule that is none', { ...daily, cron: 'daily' }],
    ['a rule too often', { ...daily, cron: '* * * * *' }],
    ['an unknown time zone', { ...daily, timeZone: 'Mars/Olympus' }],
    ['an interval and a rule', { ...daily, everyMinutes: 30 }],
    ['an interval that is too short', { at: undefined, everyMinutes: 4 }],
    ['an unknown policy', { missed: 'some' }],
    ['an unknown kind', { kind: 'alarm' }],
    ['no text', { text: '' }],
    ['NUL in the text', { text: 'a\0b' }],
    ['too long a text', { text: 'x'.repeat(2_001) }],
    ['an unknown field', { colour: 'red' }],
    ['a conversation that is no id', { conversationId: 'x' }],
  ])('are refused with %s', async (_what, fields) => {
    expect((await create(fields)).statusCode).toBe(400);
  });

  it('keep their kind, and no field is set to null', async () => {
    const once = await created();
    const task = await created(daily);
    for (const [id, change] of [
      [once.id, { cron: '0 9 * * *' }],
      [once.id, { at: null }],
      [once.id, { text: null }],
      [once.id, { everyMinutes: 30 }],
      [task.id, { everyMinutes: 30 }],
      [task.id, { at: '10m' }],
      [task.id, { cron: null }],
      [task.id, { state: 'done' }],
    ] as const) {
      expect((await admin.call(`schedules/${id}`, 'PATCH', change)).statusCode, JSON.stringify(change)).toBe(
        400,
      );
    }
  });

  it('are 404 where they do not exist, and 409 past the limit', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE'] as const)
      expect(
        (await admin.call(`schedules/${unknown}`, method, method === 'PATCH' ? {} : undefined)).statusCode,
      ).toBe(404);
    expect((await admin.call('schedules/x')).statusCode).toBe(404);
    expect((await create({ conversationId: unknown })).statusCode).toBe(404);
    await admin.prisma.schedule.createMany({
      data: Array.from({ length: MAX_SCHEDULES }, (_, index) => ({
        id: crypto.randomUUID(),
        conversationId: talk.id,
        number: index + 1,
        kind: 'reminder' as const,
        text: 'x',
        nextAt: new Date('2126-01-01'),
      })),
    });
    expect((await create({})).statusCode).toBe(409);
    expect((await admin.call('schedules?limit=500')).statusCode).toBe(400);
    expect((await admin.call('schedules?cursor=x')).statusCode).toBe(400);
  });
});
