import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { failOnce } from '../../../test/support/failing-once.js';
import { nextUpdateId, textUpdate } from '../../../test/support/updates.js';
import type { BudgetSettings } from '../../budget/budget.settings.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { en } from '../../platform/i18n/en.js';

/** The usage that the double reports for each model call: 10 tokens in, 5 out. */
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
  const operatorMessages = { file_id: id, file_unique_id: id, duration: 30, mime_type: 'audio/ogg' };
  const update = textUpdate(Number(conversation.chatId), '', {
    text: undefined,
    voice: operatorMessages,
    ...message,
  });
  await agent.room.event(conversation, '', {}, update);
}
const run = () => agent.runner().run(conversation.id);
const heard = () => agent.model.transcriptions.heard.length;
const turns = () => agent.room.prisma.turn.findMany({ orderBy: { id: 'asc' } });
const day = async (scope: 'user' | 'chat' | 'all') => {
  const [row] = await agent.room.prisma.budgetDay.findMany({ where: { scope } });
  return row && [Number(row.spentTokens), Number(row.reservedTokens), Number(row.spentMicroUsd)];
};

describe('The cost of a transcription', () => {
  it('counts with its turn, by length if the server reports none', async () => {
    await open({});
    await speak();
    await run();
    // 300 tokens at 3 dollars a million.
    expect(await turns()).toMatchObject([
      { state: 'done', inputTokens: 310, outputTokens: 5, microUsd: 900n },
    ]);
    expect([await day('user'), await day('chat')]).toEqual([
      [300 + CALL, 0, 900],
      [300 + CALL, 0, 900],
    ]);
    expect(await agent.room.prisma.budgetReservation.count()).toBe(0);
  });

  it.each([
    [{ type: 'tokens', input_tokens: 40, output_tokens: 8, total_tokens: 48 }, 48],
    [{ type: 'duration', seconds: 90 }, 900],
    [{ type: 'duration', seconds: 1 }, 300],
    [{ type: 'tokens', input_tokens: -5, output_tokens: 1e300, total_tokens: 'x' }, 10_000_000],
    [{ type: 'of another world' }, 300],
  ])('is the server’s report for %j: %i tokens', async (usage, tokens) => {
    await open({ chatDayTokens: 20_000_000 });
    agent.model.transcriptions.usage = usage;
    await speak();
    await run();
    expect(await day('chat')).toMatchObject([tokens + CALL, 0, expect.any(Number)]);
  });

  it('is paid once, even if the database is away when it is recorded', async () => {
    await open({});
    await speak();
    await failOnce(agent.room, 'UPDATE ON messages');
    await run();
    expect(heard()).toBe(1);
    expect(await turns()).toMatchObject([{ state: 'done', inputTokens: 310, microUsd: 900n }]);
  });

  it('is paid once, even if another recording of the turn fails meanwhile', async () => {
    await open({ chatDayTokens: 50_000 });
    await speak(`slow:1000 ${word()}`);
    await speak(`status:503 ${word()} too`);
    await run();
    // It is transcribed and counted, not aborted.
    expect((await turns())[0]).toMatchObject({ state: 'waiting', transcriptionInputTokens: 300 });
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect(agent.model.transcriptions.heard.map(({ said }) => said.split(' ')[0] ?? '').toSorted()).toEqual([
      'slow:1000',
      'status:503',
      'status:503',
    ]);
    expect((await turns())[0]).toMatchObject({ state: 'done', transcriptionInputTokens: 600 });
  });

  it('is reserved before: over the day’s budget, no transcription is made, and the chat is notified', async () => {
    await open({ chatDayTokens: 500 });
    await speak();
    await run();
    expect([heard(), agent.model.calls.length]).toEqual([0, 0]);
    expect((await turns())[0]).toMatchObject({ state: 'done', inputTokens: 0 });
    const [reply] = await agent.room.prisma.reply.findMany();
    expect(JSON.stringify(reply?.body)).toContain(en.budget.chat);
    expect((await day('chat')) ?? [0, 0, 0]).toEqual([0, 0, 0]);
  });

  it('counts against the budget of the turn, together with its other recordings', async () => {
    await open({ turnTokens: 1_000 });
    for (const n of [1, 2, 3]) await speak(`${word()} ${n}`, { caption: 'and words' });
    await run();
    // Side by side, each reserves at most 600: one may be transcribed.
    expect(heard()).toBe(1);
    expect((await turns())[0]).toMatchObject({ transcriptionInputTokens: 300 });
  });

  it('is not available to the model call behind it', async () => {
    // 600 for the recording at most; then 300 of it are used, and an answer may come to 400.
    await open({ chatDayTokens: 650, answerTokens: 400 });
    await speak();
    await run();
    expect([heard(), agent.model.calls.length]).toEqual([1, 0]);
    expect(await day('chat')).toEqual([300, 0, 900]);
    expect((await turns())[0]).toMatchObject({ errorCode: 'BUDGET_EXHAUSTED' });
  });

  it('counts once when its turn is tried again', async () => {
    await open({ chatDayTokens: 50_000, turnTokens: 50_000 });
    agent.model.script(word(), { status: 500 }, { text: 'There you are.' });
    await speak();
    await run();
    expect(await day('chat')).toMatchObject([0, expect.any(Number), 0]);
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect([heard(), (await turns())[0]?.state]).toEqual([1, 'done']);
    expect(await day('chat')).toMatchObject([300 + CALL, 0, 900]);
  });

  it('is not counted without a transcription: a server that fails is asked again', async () => {
    await open({ chatDayTokens: 50_000 });
    await speak(`status:503 ${word()}`);
    await run();
    expect((await turns())[0]).toMatchObject({ state: 'waiting', transcriptionInputTokens: 0 });
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    await run();
    expect(await day('chat')).toMatchObject([300 + CALL, 0, 900]);
  });
});
