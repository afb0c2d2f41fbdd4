import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { failOnce } from '../../../test/support/failing-once.js';
import { nextUpdateId, textUpdate } from '../../../test/support/updates.js';
import type { BudgetSettings } from '../../config/budget.settings.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { en } from '../../texts/en.js';

/** What the double tells of each model call: 10 tokens asked, 5 answered. */
const CALL = 15;
let agent: AgentRoom;
let conversation: Conversation;
let words = 0;

async function open(budgets: Partial<BudgetSettings>): Promise<void> {
  agent = await AgentRoom.open({ budgets: { answerTokens: 100, ...budgets } });
  conversation = await agent.room.conversation();
}

beforeEach(() => {
  words += 1;
});
afterEach(() => agent.close());

const word = () => `heard-${words}.`;

/** A voice message of 30 s: 300 tokens by its length, 600 at most. */
async function speak(said = word(), message: object = {}): Promise<void> {
  const id = `voice-${nextUpdateId()}`;
  agent.telegram.keep(id, said);
  const voice = { file_id: id, file_unique_id: id, duration: 30, mime_type: 'audio/ogg' };
  const update = textUpdate(Number(conversation.chatId), '', { text: undefined, voice, ...message });
  await agent.room.event(conversation, '', {}, update);
}
const run = () => agent.runner().run(conversation.id);
const heard = () => agent.model.transcriptions.heard.length;
const turns = () => agent.room.prisma.turn.findMany({ orderBy: { id: 'asc' } });
const day = async (scope: 'user' | 'chat' | 'all') => {
  const [row] = await agent.room.prisma.budgetDay.findMany({ where: { scope } });
  return row && [Number(row.spentTokens), Number(row.reservedTokens), Number(row.spentMicroUsd)];
};

describe('what it takes to hear a recording', () => {
  it('is counted with its turn, by its length where the server tells nothing', async () => {
    await open({});
    await speak();
    await run();
    // 300 tokens at 1.25 dollars a million.
    expect(await turns()).toMatchObject([
      { state: 'done', inputTokens: 310, outputTokens: 5, microUsd: 375n },
    ]);
    expect([await day('user'), await day('chat')]).toEqual([
      [300 + CALL, 0, 375],
      [300 + CALL, 0, 375],
    ]);
    expect(await agent.room.prisma.budgetReservation.count()).toBe(0);
  });

  it.each([
    [{ type: 'tokens', input_tokens: 40, output_tokens: 8, total_tokens: 48 }, 48],
    [{ type: 'duration', seconds: 90 }, 900],
    [{ type: 'duration', seconds: 1 }, 300],
    [{ type: 'tokens', input_tokens: -5, output_tokens: 1e300, total_tokens: 'x' }, 10_000_000],
    [{ type: 'of another world' }, 300],
  ])('is what the server tells in %j: %i tokens', async (usage, tokens) => {
    await open({ chatDayTokens: 20_000_000 });
    agent.model.transcriptions.usage = usage;
    await speak();
    await run();
    expect(await day('chat')).toMatchObject([tokens + CALL, 0, expect.any(Number)]);
  });

  it('is paid once, though the database is away for a moment when it is to be written down', async () => {
    await open({});
    await speak();
    await failOnce(agent.room, 'UPDATE ON messages');
    await run();
    expect(heard()).toBe(1);
    expect(await turns()).toMatchObject([{ state: 'done', inputTokens: 310, microUsd: 375n }]);
  });

  it('is paid once, though another recording of the turn fails while it is heard', async () => {
    await open({ chatDayTokens: 50_000 });
    await speak(`slow:1000 ${word()}`);
    await speak(`status:503 ${word()} too`);
    await run();
    // It is heard and counted, not broken off.
    expect((await turns())[0]).toMatchObject({ state: 'waiting', heardInputTokens: 300 });
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect(agent.model.transcriptions.heard.map(({ said }) => said.split(' ')[0] ?? '').toSorted()).toEqual([
      'slow:1000',
      'status:503',
      'status:503',
    ]);
    expect((await turns())[0]).toMatchObject({ state: 'done', heardInputTokens: 600 });
  });

  it('is reserved before it is heard: where the day does not allow it, nobody hears, and the chat is told', async () => {
    await open({ chatDayTokens: 500 });
    await speak();
    await run();
    expect([heard(), agent.model.calls.length]).toEqual([0, 0]);
    expect((await turns())[0]).toMatchObject({ state: 'done', inputTokens: 0 });
    const [reply] = await agent.room.prisma.reply.findMany();
    expect(JSON.stringify(reply?.body)).toContain(en.budget.chat);
    expect((await day('chat')) ?? [0, 0, 0]).toEqual([0, 0, 0]);
  });

  it('counts against the budget of the turn, that of several recordings together', async () => {
    await open({ turnTokens: 1_000 });
    for (const n of [1, 2, 3]) await speak(`${word()} ${n}`, { caption: 'and words' });
    await run();
    // Side by side, each has 600 at most reserved: one may be heard.
    expect(heard()).toBe(1);
    expect((await turns())[0]).toMatchObject({ heardInputTokens: 300 });
  });

  it('is had by the model call behind it no more', async () => {
    // 600 for the recording at most; then 300 of it are used, and an answer may come to 400.
    await open({ chatDayTokens: 650, answerTokens: 400 });
    await speak();
    await run();
    expect([heard(), agent.model.calls.length]).toEqual([1, 0]);
    expect(await day('chat')).toEqual([300, 0, 375]);
    expect((await turns())[0]).toMatchObject({ errorCode: 'BUDGET_EXHAUSTED' });
  });

  it('is counted once, though its turn is tried again', async () => {
    await open({ chatDayTokens: 50_000, turnTokens: 50_000 });
    agent.model.script(word(), { status: 500 }, { text: 'There you are.' });
    await speak();
    await run();
    expect(await day('chat')).toMatchObject([0, expect.any(Number), 0]);
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect([heard(), (await turns())[0]?.state]).toEqual([1, 'done']);
    expect(await day('chat')).toMatchObject([300 + CALL, 0, 375]);
  });

  it('is not counted where nobody heard: a server that fails is asked again', async () => {
    await open({ chatDayTokens: 50_000 });
    await speak(`status:503 ${word()}`);
    await run();
    expect((await turns())[0]).toMatchObject({ state: 'waiting', heardInputTokens: 0 });
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect(await day('chat')).toMatchObject([300 + CALL, 0, 375]);
  });
});
