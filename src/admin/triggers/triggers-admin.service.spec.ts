import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp, type Talk } from '../../../test/support/admin-app.js';
import { writeWebhook } from '../../triggers/webhook-event.js';

let admin: AdminApp;
let talk: Talk;
let number = 0;

beforeAll(async () => {
  admin = await AdminApp.start();
  talk = await admin.talk(0);
  await admin.call('sources', 'POST', { name: 'github', preset: 'github', secrets: ['secret'] });
});
afterAll(() => admin.stop());

const create = (fields: object = {}) => {
  number += 1;
  const target = { conversationId: talk.id };
  const prompt = '{{payload.title}}';
  return admin.call('triggers', 'POST', {
    name: `trigger-${number}`,
    source: 'github',
    prompt,
    target,
    ...fields,
  });
};
async function created(fields: object = {}) {
  const answer = await create(fields);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<{ id: string; name: string }>();
}
const coalesce = (change: object) => ({ quietMs: 1_000, maxWaitMs: 5_000, maxEvents: 100, ...change });
const unknown = '00000000-0000-7000-8000-000000000000';

describe('The triggers', () => {
  it('are made, shown, changed and removed', async () => {
    const trigger = await created({ filter: 'payload.action == "opened"', instruction: 'Review it.' });
    expect(trigger).toEqual({
      id: expect.any(String),
      name: trigger.name,
      source: 'github',
      filter: 'payload.action == "opened"',
      key: null,
      prompt: '{{payload.title}}',
      instruction: 'Review it.',
      target: { conversationId: talk.id },
      enabled: true,
      coalesce: null,
      model: null,
      tools: null,
      unaskedTools: [],
      createdAt: expect.any(String),
    });
    const path = `triggers/${trigger.id}`;
    expect((await admin.call(path)).json()).toEqual(trigger);
    const change = {
      enabled: false,
      filter: null,
      key: 'payload.id',
      target: { channel: 'telegram', chatId: '-100', threadId: '7' },
      coalesce: { quietMs: 1_000, maxWaitMs: 5_000, maxEvents: 100 },
      tools: ['calculate', 'github_*'],
      unaskedTools: ['github_comment'],
    };
    expect((await admin.call(path, 'PATCH', change)).json()).toEqual({ ...trigger, ...change });
    expect((await admin.call(path, 'PATCH', {})).json()).toEqual({ ...trigger, ...change });
    const further = { model: 'small', tools: null, coalesce: null, target: { own: true } };
    expect((await admin.call(path, 'PATCH', further)).json()).toEqual({ ...trigger, ...change, ...further });
    expect((await admin.call(path, 'DELETE')).statusCode).toBe(204);
    expect((await admin.call(path)).statusCode).toBe(404);
  });

  it('are at most 50 for one source', async () => {
    await admin.call('sources', 'POST', { name: 'busy', preset: 'github', secrets: ['secret'] });
    for (let count = 0; count < 50; count += 1) await created({ source: 'busy' });
    expect((await create({ source: 'busy' })).statusCode).toBe(409);
    await admin.prisma.trigger.deleteMany({ where: { source: { name: 'busy' } } });
  });

  it('are listed newest first, page by page', async () => {
    const ids = [(await created()).id, (await created()).id, (await created()).id];
    const listed = (await admin.pages('triggers?limit=2')).flat().map(({ id }) => id);
    expect(listed.slice(0, 3)).toEqual(ids.toReversed());
  });

  it.each([
    ['no name', { name: undefined }, /name/],
    ['no prompt', { prompt: undefined }, /prompt/],
    ['an unknown source', { source: 'gitlab' }, /^source: /],
    ['a filter that is none', { filter: 'payload.a ==' }, /^filter: at character 13/],
    ['a key that is none', { key: 'nothing' }, /^key: at character 1/],
    ['a prompt that is none', { prompt: 'a {{b' }, /^prompt: .*at character 5/],
    ['an unknown conversation', { target: { conversationId: unknown } }, /^target\.conversationId/],
    ['a channel without a bot', { target: { channel: 'irc', chatId: '1' } }, /^target\.channel/],
    ['no target', { target: {} }, /^target/],
    ['two targets', { target: { conversationId: unknown, channel: 'telegram', chatId: '1' } }, /^target/],
    ['its own target and another one', { target: { own: true, channel: 'telegram' } }, /^target/],
    ['the own target of another one', { target: { channel: 'console', chatId: '1' } }, /^target\.channel/],
    ['a target that is not its own', { target: { own: false } }, /target\.own/],
    ['no time in which webhooks coalesce', { coalesce: { quietMs: 1_000 } }, /coalesce\.maxWaitMs/],
    [
      'a wait shorter than its quiet time',
      { coalesce: coalesce({ maxWaitMs: 999 }) },
      /^coalesce: maxWaitMs/,
    ],
    ['a window of one webhook', { coalesce: coalesce({ maxEvents: 1 }) }, /coalesce\.maxEvents/],
    ['a window of too many webhooks', { coalesce: coalesce({ maxEvents: 10_001 }) }, /coalesce\.maxEvents/],
    ['a model that is none', { model: 'a b' }, /^model/],
    ['a tool that is none', { tools: ['a b'] }, /tools must be the name/],
    ['an unasked tool that is none', { unaskedTools: [1] }, /unaskedTools must be the name/],
  ])('are refused with %s', async (_what, fields, problem) => {
    const answer = await create(fields);
    expect(answer.statusCode, answer.body).toBe(400);
    expect([answer.json().message].flat().join()).toMatch(problem);
  });

  it('are checked at a change too', async () => {
    const { id } = await created();
    expect((await admin.call(`triggers/${id}`, 'PATCH', { filter: '1' })).statusCode).toBe(400);
    expect((await admin.call(`triggers/${id}`, 'PATCH', { prompt: null })).statusCode).toBe(400);
    const { name } = await created();
    expect((await admin.call(`triggers/${id}`, 'PATCH', { name })).statusCode).toBe(409);
    expect((await create({ name })).statusCode).toBe(409);
    expect((await admin.call(`triggers/${unknown}`, 'PATCH', {})).statusCode).toBe(404);
    expect((await admin.call(`triggers/${unknown}`, 'DELETE')).statusCode).toBe(404);
  });

  it('show what would become of a webhook, and do nothing', async () => {
    const { id } = await created({
      filter: 'event == "push" && payload.n > 1',
      key: 'payload.n',
      prompt: '{{event}} {{payload.n}}',
    });
    const test = async (body: object) => (await admin.call(`triggers/${id}/test`, 'POST', body)).json();
    const nothing = { code: null, reason: null, key: null, text: null };
    expect(await test({ payload: { n: 2 }, event: 'push' })).toEqual({
      ...nothing,
      result: 'accepted',
      key: '2',
      text: 'push 2',
    });
    expect(await test({ payload: { n: 1 }, event: 'push' })).toMatchObject({
      result: 'filtered',
      code: 'FILTER_FALSE',
    });
    expect(await test({ payload: {}, event: 'push' })).toMatchObject({
      result: 'failed',
      code: 'FILTER_FAILED',
      reason: 'No such key: n',
    });
    const payload = JSON.parse(writeWebhook('push', '{"n":3}'));
    const data = { source: 'webhook:github', externalId: 'test', kind: 'webhook' as const, payload };
    const event = await admin.prisma.event.create({ data });
    expect(await test({ eventId: String(event.id) })).toMatchObject({ result: 'accepted', text: 'push 3' });
    expect(await test({ eventId: '999999' })).toMatchObject({ statusCode: 404 });
    for (const wrong of [
      {},
      { eventId: '1', payload: {} },
      { eventId: 'x' },
      { eventId: '1', event: 'push' },
    ])
      expect(await test(wrong)).toMatchObject({ statusCode: 400 });
    expect(await admin.prisma.event.count({ where: { source: 'trigger' } })).toBe(0);
    expect(await admin.prisma.triggerOutcome.count()).toBe(0);
  });
});
