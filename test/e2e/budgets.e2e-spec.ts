import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

const budget = { MODEL_PRICES: '{"double":{"input":1,"output":2}}', BUDGET_ANSWER_TOKENS: '1000' };

describeOnEachBackend('A budget', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { ...budget, BUDGET_USER_DAY_TOKENS: '3000' });
  });
  afterAll(() => world.stop());

  it('that is exhausted is reported in the chat, by /usage and in the admin API, and is no dead letter', async () => {
    const chat = newChatId();
    expect(await world.sayAndRead(chat, `[${chat}] first`)).toBe(`Echo: [${chat}] first`);
    expect(await world.sayAndRead(chat, '/usage')).toMatch(/today: 15 tokens, \$0.0000; left: 2,985 tokens/);
    await world.sql(`UPDATE budget_days SET spent_tokens = 2500 WHERE scope = 'user' AND key = $1`, [
      `telegram:${chat}`,
    ]);
    const calls = world.model.calls.length;
    expect(await world.sayAndRead(chat, `[${chat}] second`)).toMatch(/used up your budget for today/);
    expect(world.model.calls).toHaveLength(calls);
    expect(await world.deadLetters(chat)).toEqual([]);
    const id = await world.conversationId(chat);
    const { body: turns } = await world.admin(`turns?conversationId=${id}`).expect(200);
    expect(turns.items).toMatchObject([
      { state: 'done', errorCode: 'BUDGET_EXHAUSTED', usd: 0 },
      { state: 'done', errorCode: null, usd: 0.00002 },
    ]);
    const { body: days } = await world.admin('budgets').expect(200);
    expect(days.items).toMatchObject([{ spent: { tokens: 15 }, limit: { tokens: null } }]);
    const { body: users } = await world.admin(`budgets/${days.items[0].day}?scope=user`).expect(200);
    expect(users.items).toMatchObject([
      { key: `telegram:${chat}`, spent: { tokens: 2_500 }, limit: { tokens: 3_000 } },
    ]);
  });
});

describe('100 turns at once against a budget of all that allows 10', () => {
  const CHATS = 100;
  const ALLOWED = 10;
  const CALL = 1_000_000;
  let world: World;

  beforeAll(async () => {
    world = await World.prepare('postgresql', {
      ...budget,
      // A call's request is small beside its answer: half a call more than 10 allows 10.
      BUDGET_ANSWER_TOKENS: String(CALL),
      BUDGET_DAY_TOKENS: String(ALLOWED * CALL + CALL / 2),
      WORKER_CONCURRENCY: '15',
    });
    const roles = ['web', 'worker', 'worker'];
    await Promise.all(roles.map((role) => world.startApp({ APP_ROLE: role })));
  });
  afterAll(() => world.stop());

  it('lets exactly 10 run on two workers, notifies the other 90, and counts the usage', async () => {
    const held = world.model.hold('at once');
    const chats = Array.from({ length: CHATS }, newChatId);
    const notified = () => chats.filter((chat) => world.telegram.textsOf(chat).length > 0);
    await Promise.all(chats.map((chat) => world.say(chat, `[${chat}] at once`)));
    await eventually(() => expect([held.waiting, notified().length]).toEqual([ALLOWED, CHATS - ALLOWED]), {
      withinMs: 50_000,
    });
    for (const chat of notified())
      expect(world.telegram.textsOf(chat)).toEqual([expect.stringMatching(/what I may spend today/)]);
    held.release();
    await eventually(() => expect(notified()).toHaveLength(CHATS));
    expect(world.model.calls).toHaveLength(ALLOWED);
    // The chat may show a draft of the answer before its turn has ended.
    await eventually(async () => {
      const { body } = await world.admin('budgets').expect(200);
      expect(body.items).toMatchObject([{ spent: { tokens: ALLOWED * 15 }, reserved: { tokens: 0 } }]);
    });
  });
});
