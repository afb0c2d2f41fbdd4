import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { GRACE_MS, Stopping } from '../../../platform/runtime/stopping.js';
import { contextTokens, coveredNumbers, dataOf, openSummaryFixture } from './summary.fixture.js';

const fixture = openSummaryFixture();
const { answers, hold, past, requests, say, summarise, summary } = fixture;

describe('A history that outgrows its share', () => {
  it('is summarised from its oldest message on, after a turn has found it so', async () => {
    await past(60);
    await summarise();
    expect(requests()).toEqual([]);
    await say('hello');
    expect(await summary()).toMatchObject({ text: '', attempts: 0 });
    await summarise();
    const numbers = requests().flatMap(coveredNumbers);
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    const made = await summary();
    expect(made).toMatchObject({ text: 'The notes.', model: 'double', dueAt: null, error: null });
    expect(made.tokens).toBe(fixture.agent.tokens.count('The notes.'));
    const messages = await fixture.agent.room.prisma.message.findMany({
      where: { conversationId: fixture.conversation.id },
      orderBy: { id: 'asc' },
    });
    expect(made.coversFrom).toBe(messages[0]?.id);
    expect(made.coversUntil).toBe(messages[numbers.length - 1]?.id);
    expect(messages).toHaveLength(62);
  });

  it('is left alone within its share, and after a summary until it has outgrown it again', async () => {
    await past(30);
    await say('hello');
    expect(await fixture.agent.summaries.findLatest(fixture.conversation.id, 0)).toBeNull();
    await past(40, 31);
    await say('hello again');
    await summarise();
    const made = requests().length;
    expect(made).toBeGreaterThan(0);
    await say('and again');
    await summarise();
    expect(requests()).toHaveLength(made);
  });

  it('is folded into the next summary, together with the last one', async () => {
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
    expect(coveredNumbers(second)[0]).toBe((first.flatMap(coveredNumbers).at(-1) ?? 0) + 1);
    const made = await summary();
    expect(made.text).toBe('More notes.');
    expect(made.coversFrom).toBeLessThan(made.coversUntil);
  });

  it('that is very long, from before there were summaries, is summarised in a few calls', async () => {
    await past(5_000);
    await say('hello');
    await summarise();
    const all = requests();
    expect(all.length).toBeGreaterThan(3);
    expect(all.length).toBeLessThanOrEqual(10);
    const numbers = all.flatMap(coveredNumbers);
    expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index));
    expect(numbers.at(-1)).toBeGreaterThan(4_900);
    expect((await summary()).dueAt).toBeNull();
  });

  it('is given to the model with tool calls and their results', async () => {
    for (let turn = 1; turn <= 3; turn += 1) {
      fixture.agent.model.script(
        `read ${turn} ${fixture.conversation.id}`,
        { calls: [{ name: 'read', arguments: { page: turn } }] },
        { text: `I read ${turn}.` },
      );
      await say(`read ${turn} ${fixture.conversation.id}`);
    }
    await past(60);
    await say('hello');
    await summarise();
    const lines = dataOf(requests()[0]).split('\n');
    const said = lines.slice(0, 12).map((line): unknown => JSON.parse(line));
    expect(said).toEqual(
      [1, 2, 3].flatMap((turn) => [
        expect.objectContaining({ user: `read ${turn} ${fixture.conversation.id}` }),
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
    expect(fixture.agent.tokens.count(text)).toBe(tokens);
    expect(tokens).toBeLessThanOrEqual(contextTokens / 8);
    expect(tokens).toBeGreaterThan(contextTokens / 16);
  });
});

describe('A summary', () => {
  it('requested again while it is made includes the newer messages', async () => {
    await past(60);
    await say('hello');
    const held = hold();
    const running = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await past(40, 61);
    await say('hello');
    held.release();
    await running;
    const numbers = requests().flatMap(coveredNumbers);
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
    expect(numbers.at(-1)).toBeGreaterThan(70);
    expect((await summary()).dueAt).toBeNull();
  });

  it('of a conversation that is paused, blocked or reset is not made', async () => {
    await past(60);
    await say('hello');
    for (const status of ['paused', 'blocked'] as const) {
      await fixture.agent.room.prisma.conversation.update({
        where: { id: fixture.conversation.id },
        data: { status },
      });
      await summarise();
    }
    await fixture.agent.room.prisma.conversation.update({
      where: { id: fixture.conversation.id },
      data: { status: 'active', epoch: { increment: 1 } },
    });
    await summarise();
    expect(requests()).toEqual([]);
    expect((await summary()).dueAt).toBeNull();
  });

  it('of a conversation that is erased meanwhile is discarded', async () => {
    await past(60);
    await say('hello');
    const held = hold();
    const running = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await fixture.agent.room.prisma.conversation.delete({ where: { id: fixture.conversation.id } });
    held.release();
    await running;
    await fixture.agent.summaries.ask(fixture.conversation.id, 0, 1_000_000_000n);
    expect(await fixture.agent.summaries.findLatest(fixture.conversation.id, 0)).toBeNull();
  });

  it(
    'under way when the process ends is aborted, not counted, and made by the next',
    async () => {
      await past(60);
      await say('hello');
      const held = hold();
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
