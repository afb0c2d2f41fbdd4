import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { bookOf } from '../../../test/support/book-tool.js';
import { eventually } from '../../../test/support/eventually.js';
import type { ModelCall } from '../../../test/support/model-call.js';
import type { Answer } from '../../../test/support/scripted-model.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { GRACE_MS, Stopping } from '../../runtime/stopping.js';
import { MAX_SUMMARY_TRIES } from './summary-failure.js';
import { SUMMARY_QUESTION } from './summary-request.js';

/** History may have 1,250 of them, and 625 stay. */
const contextTokens = 2_000;
let agent: AgentRoom;
let conversation: Conversation;
let asked: number;

beforeAll(async () => {
  agent = await AgentRoom.open({ tools: [bookOf('')], settings: { contextTokens, turnTimeoutMs: 60_000 } });
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
  asked = agent.model.calls.length;
  answers({ text: 'The notes.' });
});

/** What the model says when it is asked for a summary. */
const answers = (...scripted: Answer[]) => agent.model.script(SUMMARY_QUESTION, ...scripted);
const summarise = (stopping?: Stopping) => agent.summarizer(stopping).run(conversation.id);
/** The requests for summaries since the test began. */
const requests = () => agent.model.calls.slice(asked).filter(({ news }) => news.at(-1) === SUMMARY_QUESTION);
const dataOf = (call: ModelCall | undefined) => String(call?.messages[1]?.content);
/** The numbers of the messages that a request told of. */
const told = (call: ModelCall | undefined) =>
  [...dataOf(call).matchAll(/message number (\d+)/g)].map(([, number]) => Number(number));
const summary = () =>
  agent.room.prisma.summary.findUniqueOrThrow({
    where: { conversationId_epoch: { conversationId: conversation.id, epoch: conversation.epoch } },
  });
const set = (sql: string) =>
  agent.room.pool.query(`UPDATE summaries SET ${sql} WHERE conversation_id = $1`, [conversation.id]);

async function past(messages: number, from = 1): Promise<void> {
  await agent.room.pool.query(
    `INSERT INTO messages (conversation_id, epoch, role, text)
     SELECT $1, $4, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role,
            'message number ' || n || repeat(' and more', 10)
     FROM generate_series($3::int, $3 + $2 - 1) AS n`,
    [conversation.id, messages, from, conversation.epoch],
  );
}

async function say(text: string): Promise<void> {
  await agent.room.event(conversation, text);
  await agent.runner().run(conversation.id);
}

describe('A history that outgrows its share', () => {
  it('is summarised from its oldest message on, once a turn has seen that it did', async () => {
    await past(60);
    await summarise();
    expect(requests()).toEqual([]);
    await say('hello');
    expect(await summary()).toMatchObject({ text: '', attempts: 0 });
    await summarise();
    const numbers = requests().flatMap(told);
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    const made = await summary();
    expect(made).toMatchObject({ text: 'The notes.', model: 'double', dueAt: null, error: null });
    expect(made.tokens).toBe(agent.tokens.count('The notes.'));
    const messages = await agent.room.prisma.message.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    });
    expect(made.coversFrom).toBe(messages[0]?.id);
    expect(made.coversUntil).toBe(messages[numbers.length - 1]?.id);
    expect(messages).toHaveLength(62);
  });

  it('is left alone within it, and after a summary until it has outgrown it again', async () => {
    await past(30);
    await say('hello');
    expect(await agent.summaries.of(conversation.id, 0)).toBeNull();
    await past(40, 31);
    await say('hello again');
    await summarise();
    const made = requests().length;
    expect(made).toBeGreaterThan(0);
    await say('and again');
    await summarise();
    expect(requests()).toHaveLength(made);
  });

  it('folds the summary and what outgrew it since into the next', async () => {
    await past(60);
    await say('hello');
    await summarise();
    const first = requests();
    await past(40, 61);
    await say('hello');
    answers({ text: 'More notes.' });
    await summarise();
    const second = requests()[first.length];
    expect(dataOf(second)).toMatch(/^\{"notes":"The notes."\}\n/);
    expect(told(second)[0]).toBe((first.flatMap(told).at(-1) ?? 0) + 1);
    const made = await summary();
    expect(made.text).toBe('More notes.');
    expect(made.coversFrom).toBeLessThan(made.coversUntil);
  });

  it('that is very long, from before there were summaries, is caught up with in a few calls', async () => {
    await past(5_000);
    await say('hello');
    await summarise();
    const all = requests();
    expect(all.length).toBeGreaterThan(3);
    expect(all.length).toBeLessThanOrEqual(10);
    const numbers = all.flatMap(told);
    expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index));
    expect(numbers.at(-1)).toBeGreaterThan(4_900);
    expect((await summary()).dueAt).toBeNull();
  });

  it('gives the calls of tools with their results', async () => {
    for (let turn = 1; turn <= 3; turn += 1) {
      agent.model.script(
        `read ${turn} ${conversation.id}`,
        { calls: [{ name: 'read', arguments: { page: turn } }] },
        { text: `I read ${turn}.` },
      );
      await say(`read ${turn} ${conversation.id}`);
    }
    await past(60);
    await say('hello');
    await summarise();
    const lines = dataOf(requests()[0]).split('\n');
    const said = lines.slice(0, 12).map((line): unknown => JSON.parse(line));
    expect(said).toEqual(
      [1, 2, 3].flatMap((turn) => [
        expect.objectContaining({ user: `read ${turn} ${conversation.id}` }),
        expect.objectContaining({ called: 'read', arguments: `{"page":${turn}}` }),
        expect.objectContaining({ tool: `page ${turn}` }),
        expect.objectContaining({ assistant: `I read ${turn}.` }),
      ]),
    );
  });

  it('has a summary of no more tokens than its share, whatever the model writes', async () => {
    await past(60);
    await say('hello');
    answers({ text: 'word '.repeat(2_000) });
    await summarise();
    const { text, tokens } = await summary();
    expect(agent.tokens.count(text)).toBe(tokens);
    expect(tokens).toBeLessThanOrEqual(contextTokens / 8);
    expect(tokens).toBeGreaterThan(contextTokens / 16);
  });
});

describe('A summary that fails', () => {
  beforeEach(async () => {
    await past(60);
    await say('hello');
  });

  it('is tried again later, by the database’s clock, a few times, and then not before there are new messages', async () => {
    answers({ status: 500 });
    for (let attempts = 1; attempts < MAX_SUMMARY_TRIES; attempts += 1) {
      await summarise();
      const [row] = await agent.room.rows<{ attempts: number; soon: boolean }>(
        `SELECT attempts, due_at > clock_timestamp() + interval '1 s' AS soon FROM summaries WHERE conversation_id = $1`,
        [conversation.id],
      );
      expect(row).toEqual({ attempts, soon: true });
      const made = requests().length;
      await summarise();
      expect(requests()).toHaveLength(made);
      await set('due_at = now()');
    }
    await summarise();
    expect(await summary()).toMatchObject({ attempts: MAX_SUMMARY_TRIES, dueAt: null });
    expect((await summary()).error).toContain('MODEL_500');
    // A turn that is tried again asks again, with nothing new.
    await agent.summaries.ask(conversation.id, 0, (await summary()).askedUntil);
    const tries = requests().length;
    await summarise();
    expect(requests()).toHaveLength(tries);
    answers({ text: 'At last.' });
    await say('something new');
    await summarise();
    expect(await summary()).toMatchObject({ text: 'At last.', attempts: 0, error: null });
  });

  it('holds no turn up, which shows the history as far as it fits', async () => {
    answers({ status: 500 });
    await summarise();
    await say('news 1');
    const shown = agent.model.calls.at(-1)?.messages ?? [];
    expect(shown.at(-1)?.content).toBe('news 1');
    expect(shown[0]?.content).not.toContain('What was said before');
    expect(shown.length).toBeGreaterThan(30);
  });

  it('keeps its pause though messages come', async () => {
    answers({ status: 500 });
    await summarise();
    const before = await summary();
    await say('more');
    expect(await summary()).toMatchObject({ dueAt: before.dueAt, attempts: 1 });
  });

  it.each([
    ['a wrong key', { status: 401 }],
    ['a refusal', { text: null, refusal: 'No.' }],
  ] satisfies [string, Answer][])('is given up at once after %s', async (_name, answer) => {
    answers(answer);
    await summarise();
    expect(await summary()).toMatchObject({ text: '', attempts: 1, dueAt: null });
  });

  it('is tried again after an answer without text, or with calls of tools that it was not given', async () => {
    answers({ text: '  ' }, { calls: [{ name: 'read', arguments: { page: 1 } }] });
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 1, dueAt: expect.any(Date) });
    await set('due_at = now()');
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 2, error: expect.stringContaining('SUMMARY_EMPTY') });
  });

  it('takes less at once where the model cannot read so much', async () => {
    answers({ status: 400, code: 'context_length_exceeded' }, { text: 'A part.' }, { text: 'The rest.' });
    await summarise();
    const [whole = [], half = []] = requests().map(told);
    expect(half.length).toBeLessThan(whole.length * 0.7);
    expect(half[0]).toBe(1);
    expect(await summary()).toMatchObject({ text: 'The rest.', dueAt: null });
  });
});

describe('Of two who summarise one conversation', () => {
  it('only one asks the model', async () => {
    await past(60);
    await say('hello');
    const held = agent.model.hold(SUMMARY_QUESTION);
    const first = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await summarise();
    expect(requests()).toHaveLength(1);
    held.release();
    await first;
    expect((await summary()).text).toBe('The notes.');
  });

  it('the one who was silent for too long commits nothing', async () => {
    await past(60);
    await say('hello');
    const held = agent.model.hold(SUMMARY_QUESTION);
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    const lease = await agent.room.takeOver(conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ text: '', attempts: 0, dueAt: expect.any(Date) });
    await agent.room.leases.release(lease);
    await summarise();
    expect((await summary()).text).toBe('The notes.');
  });

  it('a failure of the late one counts for nothing', async () => {
    await past(60);
    await say('hello');
    answers({ status: 500 });
    const held = agent.model.hold(SUMMARY_QUESTION);
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await agent.room.takeOver(conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ attempts: 0, error: null });
  });
});

describe('A summary', () => {
  it('asked for again while it is made takes in what came meanwhile', async () => {
    await past(60);
    await say('hello');
    const held = agent.model.hold(SUMMARY_QUESTION);
    const running = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await past(40, 61);
    await say('hello');
    held.release();
    await running;
    const numbers = requests().flatMap(told);
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    expect(numbers.at(-1)).toBeGreaterThan(70);
    expect((await summary()).dueAt).toBeNull();
  });

  it('of a conversation that is paused, blocked or reset is not made', async () => {
    await past(60);
    await say('hello');
    for (const status of ['paused', 'blocked'] as const) {
      await agent.room.prisma.conversation.update({ where: { id: conversation.id }, data: { status } });
      await summarise();
    }
    await agent.room.prisma.conversation.update({
      where: { id: conversation.id },
      data: { status: 'active', epoch: { increment: 1 } },
    });
    await summarise();
    expect(requests()).toEqual([]);
    expect((await summary()).dueAt).toBeNull();
  });

  it('of a conversation that is erased meanwhile is lost', async () => {
    await past(60);
    await say('hello');
    const held = agent.model.hold(SUMMARY_QUESTION);
    const running = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await agent.room.prisma.conversation.delete({ where: { id: conversation.id } });
    held.release();
    await running;
    await agent.summaries.ask(conversation.id, 0, 1_000_000_000n);
    expect(await agent.summaries.of(conversation.id, 0)).toBeNull();
  });

  it(
    'under way when the process ends is broken off, not counted, and made by the next',
    async () => {
      await past(60);
      await say('hello');
      const held = agent.model.hold(SUMMARY_QUESTION);
      const stopping = new Stopping();
      const running = stopping.track(summarise(stopping));
      await eventually(() => expect(held.waiting).toBe(1));
      stopping.onModuleDestroy();
      await stopping.beforeApplicationShutdown();
      await running;
      expect(await summary()).toMatchObject({ text: '', attempts: 0, dueAt: expect.any(Date) });
      held.release();
      await summarise();
      expect((await summary()).text).toBe('The notes.');
    },
    GRACE_MS + 10_000,
  );
});
