import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp, type Talk } from '../../../test/support/admin-app.js';
import { eventually } from '../../../test/support/eventually.js';
import { writeWebhook } from '../../triggers/webhook-event.js';

let admin: AdminApp;
let talk: Talk;
const trigger = crypto.randomUUID();
let ids: string[];

beforeAll(async () => {
  admin = await AdminApp.start();
  talk = await admin.talk(0);
  await admin.call('sources', 'POST', { name: 'github', preset: 'github', secrets: ['secret'] });
  const webhook = (externalId: string) => ({
    source: 'webhook:github',
    externalId,
    kind: 'webhook' as const,
    state: 'done' as const,
    payload: JSON.parse(writeWebhook('push', '{"n":1}')),
  });
  const message = { kind: 'message' as const, conversationId: talk.id };
  const events = [];
  for (const data of [
    webhook('a'),
    webhook('b'),
    webhook('c'),
    { ...message, source: 'trigger', externalId: `${trigger}:1`, receivedAt: new Date('2021-01-01') },
    { ...message, source: 'telegram', externalId: '5', payload: { update_id: 5 } },
  ])
    events.push(await admin.prisma.event.create({ data }));
  ids = events.map(({ id }) => id.toString());
  const [a, b] = events;
  const outcome = { triggerId: trigger, createdAt: new Date() };
  await admin.prisma.triggerOutcome.createMany({
    data: [
      { ...outcome, eventId: a?.id ?? 0n, result: 'accepted', key: 'k', messageEventId: events[3]?.id ?? 0n },
      {
        ...outcome,
        eventId: b?.id ?? 0n,
        result: 'filtered',
        code: 'FILTER_FALSE',
        reason: 'the filter is false',
      },
      {
        ...outcome,
        triggerId: crypto.randomUUID(),
        eventId: b?.id ?? 0n,
        result: 'failed',
        code: 'KEY_FAILED',
        reason: 'x',
      },
    ],
  });
});
afterAll(() => admin.stop());

const listed = async (query: string) =>
  (await admin.pages(`events?limit=2&${query}`)).flat().map(({ id }) => id);

describe('The events', () => {
  it('are listed newest first, with what became of them', async () => {
    expect((await admin.pages('events?limit=2')).map((page) => page.length)).toEqual([2, 2, 1]);
    const items = (await admin.list('events')).items;
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(items).toMatchObject([
      {
        source: 'telegram',
        kind: 'message',
        state: 'waiting',
        reason: null,
        triggerId: null,
        conversationId: talk.id,
      },
      { source: 'trigger', triggerId: trigger, reason: null },
      { source: 'webhook:github', reason: { code: 'NO_TRIGGER' }, conversationId: null },
      { externalId: 'b', reason: { code: 'KEY_FAILED', text: 'x' } },
      { externalId: 'a', reason: null, triggerId: trigger },
    ]);
  });

  it('have the reason of their dead letter', async () => {
    const message = {
      kind: 'message' as const,
      conversationId: talk.id,
      source: 'telegram',
      state: 'dead' as const,
    };
    const { id } = await admin.prisma.event.create({ data: { ...message, externalId: 'dead' } });
    const letter = {
      id: crypto.randomUUID(),
      kind: 'event' as const,
      subjectId: String(id),
      reason: 'BROKEN',
      attempts: 3,
      lastError: 'odd',
    };
    await admin.prisma.deadLetter.create({ data: letter });
    expect((await admin.call(`events/${id}`)).json()).toMatchObject({
      reason: { code: 'BROKEN', text: 'odd' },
    });
    await admin.prisma.event.delete({ where: { id } });
  });

  it('are found by what they are', async () => {
    const [a, b, c, message, update] = ids;
    expect(await listed('source=webhook:github')).toEqual([c, b, a]);
    expect(await listed(`trigger=${trigger}`)).toEqual([b, a]);
    expect(await listed('state=waiting')).toEqual([update, message]);
    expect(await listed(`conversationId=${talk.id}`)).toEqual([update, message]);
    expect(await listed('to=2022-01-01T00:00:00Z')).toEqual([message]);
    expect(await listed('from=2022-01-01T00:00:00Z&source=trigger')).toEqual([]);
    for (const wrong of [
      'trigger=x',
      'state=odd',
      'conversationId=x',
      'from=today',
      'colour=red',
      'cursor=x',
    ])
      expect((await admin.call(`events?${wrong}`)).statusCode, wrong).toBe(400);
  });

  it('are shown with their payload and outcomes', async () => {
    const [a, b, , , update] = ids;
    expect((await admin.call(`events/${a}`)).json()).toMatchObject({
      payload: { type: 'push', body: { n: 1 } },
      outcomes: [
        {
          triggerId: trigger,
          trigger: null,
          result: 'accepted',
          reason: null,
          key: 'k',
          messageEventId: ids[3],
        },
      ],
    });
    expect((await admin.call(`events/${b}`)).json().outcomes).toHaveLength(2);
    expect((await admin.call(`events/${update}`)).json()).toMatchObject({
      payload: { update_id: 5 },
      outcomes: [],
    });
    for (const id of ['999999', 'x', '-1', '9'.repeat(30)])
      expect((await admin.call(`events/${id}`)).statusCode).toBe(404);
  });

  it('are not shown while their conversation is being erased', async () => {
    const erase = (erasedAt: Date | null) =>
      admin.prisma.conversation.update({ where: { id: talk.id }, data: { erasedAt } });
    await erase(new Date());
    expect((await admin.call(`events/${ids[4]}`)).statusCode).toBe(404);
    await erase(null);
    expect((await admin.call(`events/${ids[4]}`)).statusCode).toBe(200);
  });

  it('are not replayed behind the deletion of their source', async () => {
    const [a] = ids;
    const replay = await admin.prisma.$transaction(async (tx) => {
      await tx.$executeRaw`DELETE FROM sources WHERE name = 'github'`;
      const waiting = { answer: admin.call(`events/${a}/replay`, 'POST') };
      await eventually(async () => {
        const locks = await admin.prisma.$queryRaw`
          SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect(locks).not.toEqual([]);
      });
      return waiting;
    });
    expect(await replay.answer).toMatchObject({ statusCode: 409 });
    await admin.call('sources', 'POST', { name: 'github', preset: 'github', secrets: ['secret'] });
  });

  it('are replayed as new ones, if they are webhooks whose payload and source are there', async () => {
    const [a, b, c, message] = ids;
    const replay = (id: string | undefined) => admin.call(`events/${id}/replay`, 'POST');
    const first = (await replay(a)).json();
    expect(first).toMatchObject({
      source: 'webhook:github',
      kind: 'webhook',
      state: 'waiting',
      reason: null,
    });
    expect(first.externalId).toMatch(/^replay:[\w-]+:a$/);
    expect((await replay(first.id)).json().externalId).toMatch(/^replay:[\w-]+:a$/);
    expect((await replay(message)).statusCode).toBe(409);
    expect((await replay('999999')).statusCode).toBe(404);
    await admin.prisma.event.update({ where: { id: BigInt(b ?? 0) }, data: { source: 'webhook:gone' } });
    expect((await replay(b)).statusCode).toBe(409);
    await admin.prisma.$executeRaw`UPDATE events SET payload = NULL WHERE id = ${BigInt(c ?? 0)}`;
    expect((await replay(c)).statusCode).toBe(409);
  });

  it('are replayed by a selection, which can be looked at and ended', async () => {
    const started = await admin.call('events/replay', 'POST', {
      filter: { source: 'github' },
      ratePerSecond: 5,
    });
    expect(started.statusCode).toBe(202);
    const replay = started.json<{ id: string }>();
    expect(replay).toMatchObject({ state: 'running', replayed: 0, ratePerSecond: 5, endedAt: null });
    expect((await admin.call(`event-replays/${replay.id}`)).json()).toEqual(replay);
    expect((await admin.call(`event-replays/${replay.id}`, 'DELETE')).json()).toMatchObject({
      state: 'ended',
      endedAt: expect.any(String),
    });
    const unknown = 'event-replays/00000000-0000-7000-8000-000000000000';
    expect((await admin.call(unknown)).statusCode).toBe(404);
    expect((await admin.call(unknown, 'DELETE')).statusCode).toBe(404);
  });

  it.each([
    ['no filter', {}, /filter/],
    ['neither a source nor a trigger', { filter: { result: 'failed' } }, /filter\.source must be the name/],
    ['an unknown field', { filter: { source: 'github', state: 'done' } }, /state should not exist/],
    ['too high a rate', { filter: { source: 'github' }, ratePerSecond: 101 }, /ratePerSecond/],
    ['no time', { filter: { source: 'github', from: 'yesterday' } }, /filter\.from/],
  ])('are not replayed by a selection with %s', async (_what, body, problem) => {
    const answer = await admin.call('events/replay', 'POST', body);
    expect(answer.statusCode, answer.body).toBe(400);
    expect([answer.json().message].flat().join()).toMatch(problem);
  });
});
