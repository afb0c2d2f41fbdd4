import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
});
beforeEach(() => admin.prisma.budgetDay.deleteMany());
afterAll(() => admin.stop());

async function day(day: string, scope: 'user' | 'chat' | 'all', key: string, spent: number, reserved = 0) {
  await admin.prisma.budgetDay.create({
    data: {
      day: new Date(day),
      scope,
      key,
      spentTokens: spent,
      spentMicroUsd: spent * 10,
      reservedTokens: reserved,
    },
  });
}

const unlimited = { tokens: null, usd: null };

describe('The budgets', () => {
  it('are listed a day, the newest first, summed up over the chats', async () => {
    await day('2026-11-24', 'chat', 'telegram:1', 100);
    await day('2026-11-25', 'chat', 'telegram:1', 1_000, 70);
    await day('2026-11-25', 'chat', '', 23);
    await day('2026-11-25', 'user', 'telegram:1', 1_000, 30);
    await day('2026-11-25', 'all', '', 900, 50);
    const items = (await admin.pages('budgets?limit=1')).flat();
    expect(items).toEqual([
      {
        day: '2026-11-25',
        spent: { tokens: 1_023, usd: 0.01023 },
        reserved: { tokens: 70, usd: 0 },
        limit: unlimited,
      },
      {
        day: '2026-11-24',
        spent: { tokens: 100, usd: 0.001 },
        reserved: { tokens: 0, usd: 0 },
        limit: unlimited,
      },
    ]);
  });

  it('are listed by chat or by user within a day', async () => {
    for (const key of ['telegram:1', 'telegram:2', 'telegram:3']) {
      await day('2026-11-25', 'chat', key, 10);
      await day('2026-11-24', 'chat', key, 20);
    }
    await day('2026-11-25', 'user', 'telegram:9', 5);
    const pages = await admin.pages('budgets/2026-11-25?scope=chat&limit=2');
    expect(pages.map((page) => page.length)).toEqual([2, 1]);
    expect(pages.flat().map(({ key }) => key)).toEqual(['telegram:1', 'telegram:2', 'telegram:3']);
    expect(pages[0]?.[0]).toMatchObject({ day: '2026-11-25', spent: { tokens: 10 } });
    const users = await admin.list('budgets/2026-11-25?scope=user');
    expect(users.items).toMatchObject([{ key: 'telegram:9', spent: { tokens: 5 } }]);
    expect((await admin.list('budgets/2020-01-01?scope=user')).items).toEqual([]);
  });

  it.each([
    ['budgets?cursor=nonsense', 400],
    [`budgets?cursor=${Buffer.from('["telegram:1"]').toString('base64url')}`, 400],
    ['budgets?scope=chat', 400],
    ['budgets/2026-11-25', 400],
    ['budgets/2026-11-25?scope=all', 400],
    [`budgets/2026-11-25?scope=chat&cursor=${Buffer.from('["\\u0000"]').toString('base64url')}`, 400],
    ['budgets/2026-02-30?scope=chat', 404],
    ['budgets/today?scope=chat', 404],
  ])('answer %s with %i', async (url, status) => {
    expect((await admin.call(url)).statusCode).toBe(status);
  });

  it('require the key', async () => {
    expect((await admin.app.inject('/admin/budgets')).statusCode).toBe(401);
  });
});
