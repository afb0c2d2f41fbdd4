import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import type { BudgetSettings } from '../../budget/budget.settings.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { en } from '../../platform/i18n/en.js';
import { readModelAnswer } from '../llm/model-answer.js';
import { Tool } from '../tools/tool.decorator.js';

/** The usage that the double reports for each call: 10 tokens of input, 5 of output. */
const CALL = 15;
const prices = new Map([['double', { input: 1_000_000n, output: 2_000_000n }]]);
let agent: AgentRoom;
let conversation: Conversation;
let words = 0;

class NoParameters {}

class Payment {
  @Tool({ name: 'pay', description: 'Pays.', parameters: NoParameters })
  pay(): string {
    return 'paid';
  }
}

async function open(budgets: Partial<BudgetSettings>) {
  agent = await AgentRoom.open({
    budgets: { prices, answerTokens: 100, ...budgets },
    tools: [Payment],
    toolSettings: { requireApproval: ['pay'] },
  });
  conversation = await agent.room.conversation();
}

beforeEach(() => {
  words += 1;
});
afterEach(() => agent.close());

const word = () => `budget-${words}.`;
async function say(text = word()): Promise<void> {
  await agent.room.event(conversation, text);
  await agent.runner().run(conversation.id);
}
const answers = async () =>
  (
    await agent.room.prisma.message.findMany({
      where: { conversationId: conversation.id, role: 'assistant' },
      orderBy: { id: 'asc' },
    })
  ).map(({ text }) => text);
const turns = () =>
  agent.room.prisma.turn.findMany({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } });
const day = async (scope: 'user' | 'chat' | 'all') => {
  const [row] = await agent.room.prisma.budgetDay.findMany({ where: { scope } });
  return row && [Number(row.spentTokens), Number(row.reservedTokens), Number(row.spentMicroUsd)];
};

describe('a turn and its budget', () => {
  it('counts cached tokens at their own rate, in its cost and in its day', async () => {
    const cached = { input: 1_000_000n, output: 2_000_000n, cachedInput: 100_000n };
    await open({ dayMicroUsd: 1_000_000n, prices: new Map([['double', cached]]) });
    const details = { prompt_tokens_details: { cached_tokens: 800 } };
    agent.model.usage = { prompt_tokens: 1_000, ...details, completion_tokens: 5 };
    await say();
    // 200 at a dollar, 800 at ten cents and 5 at two dollars a million.
    expect(await turns()).toMatchObject([{ inputTokens: 1_000, microUsd: 290n }]);
    expect(await day('all')).toEqual([1_005, 0, 290]);
    const [step] = await agent.room.prisma.step.findMany();
    expect(readModelAnswer(step?.result)).toMatchObject({ cachedTokens: 800, cacheWriteTokens: 0 });
  });

  it('without limits makes no query, reserves nothing, and is recorded for its user and chat', async () => {
    await open({});
    await say();
    expect(await agent.room.prisma.budgetReservation.count()).toBe(0);
    expect(agent.model.calls.at(-1)?.answerTokens).toBeNull();
    // 10 tokens at a dollar and 5 at two dollars a million.
    expect([await day('user'), await day('chat'), await day('all')]).toEqual([
      [CALL, 0, 20],
      [CALL, 0, 20],
      undefined,
    ]);
    expect(await turns()).toMatchObject([
      { state: 'done', inputTokens: 10, outputTokens: 5, microUsd: 20n, userId: conversation.chatId },
    ]);
  });

  it('is answered once more and then notified, without a model call and without a dead letter', async () => {
    await open({ userDayTokens: 2_000 });
    await say();
    await agent.room.pool.query(`UPDATE budget_days SET spent_tokens = 1990 WHERE scope = 'user'`);
    const asked = agent.model.calls.length;
    await say();
    expect(agent.model.calls).toHaveLength(asked);
    expect((await answers()).at(-1)).toBe(en.budget.user);
    expect((await turns()).at(-1)).toMatchObject({ state: 'done', errorCode: 'BUDGET_EXHAUSTED' });
    expect(await agent.room.prisma.deadLetter.count()).toBe(0);
    expect(await day('user')).toEqual([1_990, 0, 20]);
  });

  it.each([
    ['chat', 'in tokens', { chatDayTokens: 101 }],
    ['all', 'in tokens', { dayTokens: 101 }],
    ['turn', 'in tokens', { turnTokens: 101 }],
    ['user', 'in dollars', { userDayMicroUsd: 200n }],
    ['turn', 'in dollars', { turnMicroUsd: 200n }],
  ] as const)('names the budget that is used up: %s, %s', async (scope, _unit, settings) => {
    await open(settings);
    await say();
    expect(await answers()).toEqual([en.budget[scope]]);
    expect(agent.model.calls).toHaveLength(0);
    expect(await agent.room.prisma.budgetReservation.count()).toBe(0);
  });

  it('ends with its answer so far if the next call would exceed its own limit', async () => {
    await open({ turnTokens: 100_000 });
    agent.model.script(word(), { calls: [{ name: 'nothing', arguments: {} }] });
    agent.model.usage = { prompt_tokens: 99_000, completion_tokens: 900 };
    await say();
    expect(agent.model.calls).toHaveLength(1);
    expect(await answers()).toEqual([en.budget.turn]);
    expect(await turns()).toMatchObject([{ errorCode: 'BUDGET_EXHAUSTED', inputTokens: 99_000 }]);
  });

  it('limits the length of the answer, and reserves that while the model answers', async () => {
    await open({ userDayTokens: 10_000 });
    const held = agent.model.hold(word());
    const saying = say();
    await eventually(() => expect(held.waiting).toBe(1));
    expect(agent.model.calls.at(-1)?.answerTokens).toBe(100);
    const [spent, reserved] = (await day('user')) ?? [];
    expect(spent).toBe(0);
    expect(reserved).toBeGreaterThan(100 + 10);
    held.release();
    await saying;
    expect(await day('user')).toEqual([CALL, 0, 20]);
  });

  it('reserves at the price of the conversation’s own model if that is the dearest', async () => {
    const dear = { input: 1_000_000n, output: 1_000_000_000n };
    await open({ dayMicroUsd: 1_000_000n, prices: new Map([...prices, ['dear', dear]]) });
    conversation = await agent.room.prisma.conversation.update({
      where: { id: conversation.id },
      data: { model: 'dear' },
    });
    const held = agent.model.hold(word());
    const saying = say();
    await eventually(() => expect(held.waiting).toBe(1));
    const { reservedMicroUsd } = await agent.room.prisma.budgetDay.findFirstOrThrow({
      where: { scope: 'all' },
    });
    expect(reservedMicroUsd).toBeGreaterThan(100n * 1_000n);
    held.release();
    await saying;
    expect(await turns()).toMatchObject([{ model: 'dear', microUsd: 10n + 5n * 1_000n }]);
  });

  it('reserves more before each further call, and settles all of them at its end', async () => {
    await open({ dayTokens: 10_000 });
    agent.model.script(word(), { calls: [{ name: 'nothing', arguments: {} }] }, { text: 'Done.' });
    await say();
    expect(await answers()).toEqual(['Done.']);
    expect(await day('all')).toEqual([2 * CALL, 0, 40]);
  });

  it('keeps its reservation when another process continues it', async () => {
    await open({ userDayTokens: 10_000 });
    const held = agent.model.hold(word());
    const stopping = new Stopping();
    await agent.room.event(conversation, word());
    const first = agent.runner(stopping).run(conversation.id);
    await eventually(() => expect(held.waiting).toBe(1));
    const before = await day('user');
    await stopping.beforeApplicationShutdown();
    await first;
    expect(await day('user')).toEqual(before);
    held.release();
    await agent.runner().run(conversation.id);
    expect(await day('user')).toEqual([CALL, 0, 20]);
  });

  it('that fails for good releases the unused part', async () => {
    await open({ userDayTokens: 10_000 });
    agent.model.script(word(), { status: 401 });
    await say();
    expect(await turns()).toMatchObject([{ state: 'failed' }]);
    expect(await day('user')).toEqual([0, 0, 0]);
  });

  it('that is stopped counts the usage of its calls, of the aborted one by its request, and releases the rest', async () => {
    await open({ userDayTokens: 10_000 });
    agent.model.script(word(), { calls: [{ name: 'nothing', arguments: {} }] }, { fault: 'hang' });
    await agent.room.event(conversation, word());
    const running = agent.runner().run(conversation.id);
    await eventually(() => expect(agent.model.calls.length).toBe(2));
    await agent.room.event(conversation, '/stop');
    await agent.commands.handleWaiting(conversation.id, null);
    expect(await day('user')).toEqual([CALL, 0, 20]);
    await running;
    expect(await turns()).toMatchObject([{ state: 'cancelled', inputTokens: 10 }]);
    const asked = JSON.stringify(agent.model.calls[1]?.messages).length;
    const [spent = 0, reserved] = (await day('user')) ?? [];
    expect(spent - CALL).toBeGreaterThan(asked / 10);
    expect(spent - CALL).toBeLessThan(asked);
    expect(reserved).toBe(0);
    expect(await day('chat')).toEqual(await day('user'));
  });

  it('that waits for a person reserves nothing meanwhile, and reserves anew when it continues', async () => {
    await open({ userDayTokens: 10_000 });
    agent.model.script(word(), { calls: [{ name: 'pay', arguments: {} }] }, { text: 'Paid.' });
    await say();
    expect(await turns()).toMatchObject([{ state: 'parked', inputTokens: 10 }]);
    expect(await day('user')).toEqual([CALL, 0, 20]);
    await agent.room.pool.query(
      `UPDATE approvals SET state = 'approved'; UPDATE turns SET state = 'waiting'`,
    );
    const held = agent.model.hold(word());
    const resumed = agent.runner().run(conversation.id);
    await eventually(() => expect(held.waiting).toBe(1));
    expect((await day('user'))?.[1]).toBeGreaterThan(100);
    held.release();
    await resumed;
    expect(await turns()).toMatchObject([{ state: 'done', inputTokens: 20 }]);
    expect(await day('user')).toEqual([2 * CALL, 0, 40]);
  });

  it('of a chat that was blocked meanwhile counts its usage', async () => {
    await open({ userDayTokens: 10_000 });
    const held = agent.model.hold(word());
    const saying = say();
    await eventually(() => expect(held.waiting).toBe(1));
    await agent.room.prisma.conversation.update({
      where: { id: conversation.id },
      data: { status: 'blocked' },
    });
    held.release();
    await saying;
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await day('user')).toEqual([CALL, 0, 20]);
  });

  it('is counted here if the server reports no usage', async () => {
    await open({});
    agent.model.usage = null;
    await say();
    const [spent = 0] = (await day('user')) ?? [];
    expect(spent).toBeGreaterThan(10);
  });
});
