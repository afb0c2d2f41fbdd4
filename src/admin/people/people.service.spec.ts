import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
  await admin.prisma.person.createMany({
    data: Array.from({ length: 7 }, (_, index) => ({
      channel: index < 3 ? 'other' : 'telegram',
      userId: String(9_007_199_254_740_993n + BigInt(index)),
      firstName: `Person ${index}`,
    })),
  });
});

afterAll(() => admin.stop());

const key = 'telegram:9007199254740996';

describe('The people', () => {
  it('are listed by channel and id, 64-bit ids as strings', async () => {
    const pages = await admin.pages('people?limit=3');
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map(({ channel, userId }) => `${String(channel)}:${String(userId)}`)).toEqual([
      'other:9007199254740993',
      'other:9007199254740994',
      'other:9007199254740995',
      key,
      'telegram:9007199254740997',
      'telegram:9007199254740998',
      'telegram:9007199254740999',
    ]);
    expect((await admin.call('people?cursor=WyJ4Il0')).statusCode).toBe(400);
  });

  it('get tool rules, and lose them', async () => {
    const none = await admin.call(`people/${key}`);
    expect(none.json()).toEqual({
      channel: 'telegram',
      userId: '9007199254740996',
      firstName: 'Person 3',
      lastName: null,
      username: null,
      tools: null,
      role: null,
      blocked: false,
    });
    const set = await admin.call(`people/${key}`, 'PATCH', { tools: { deny: ['fetch_*'] } });
    expect(set.json()).toMatchObject({ tools: { allow: null, deny: ['fetch_*'] } });
    const other = await admin.call(`people/${key}`, 'PATCH', { tools: { allow: [], deny: [] } });
    expect(other.json()).toMatchObject({ tools: { allow: [], deny: [] } });
    const lost = await admin.call(`people/${key}`, 'PATCH', { tools: null });
    expect(lost.json()).toMatchObject({ tools: null });
    expect(await admin.prisma.personTools.count()).toBe(0);
  });

  it('get a role and a block, and lose both; absent fields keep their value', async () => {
    const change = async (wish: object) => (await admin.call(`people/${key}`, 'PATCH', wish)).json();
    expect(await change({ role: 'admin' })).toMatchObject({ role: 'admin', blocked: false, tools: null });
    expect(await change({ blocked: true })).toMatchObject({ role: 'admin', blocked: true });
    expect(await change({ tools: { deny: [] } })).toMatchObject({ role: 'admin', blocked: true });
    expect(await admin.list('people?limit=200')).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ userId: '9007199254740996', role: 'admin', blocked: true }),
      ]),
    });
    expect(await change({ role: null, blocked: false, tools: null })).toMatchObject({
      role: null,
      blocked: false,
      tools: null,
    });
  });

  it.each([
    {},
    { role: 'king' },
    { role: 1 },
    { blocked: 'yes' },
    { blocked: null },
    { tools: [] },
    { tools: 'all' },
    { tools: { allow: 'all' } },
    { tools: { deny: null } },
    { tools: { allow: ['with space'] } },
    { tools: { allow: [''] } },
    { tools: { forbid: ['x'] } },
    { tools: { allow: Array(201).fill('x') } },
    { tools: null, name: 'x' },
  ])('are refused %j', async (change) => {
    expect((await admin.call(`people/${key}`, 'PATCH', change)).statusCode).toBe(400);
  });

  it.each([
    'telegram:1',
    'telegram:',
    'nobody',
    'telegram:x',
    'telegram:99999999999999999999',
    'other:9007199254740996',
  ])('are 404 for %s, who is unknown', async (unknown) => {
    expect((await admin.call(`people/${unknown}`)).statusCode).toBe(404);
    expect((await admin.call(`people/${unknown}`, 'PATCH', { tools: null })).statusCode).toBe(404);
  });
});
