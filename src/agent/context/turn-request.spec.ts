import * as fc from 'fast-check';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { bookOf } from '../../../test/support/book-tool.js';
import { type Block, blockOf, newestWithin } from './context.js';
import type { ModelAnswer, ToolAnswer } from '../llm/model-answer.js';
import { exchangeOf, requestMessages, type TurnContext } from './turn-request.js';

const characters = (text: string): number => text.length;
const tokensOf = (messages: readonly ChatCompletionMessageParam[]) => blockOf(messages, characters).tokens;
const said = (role: 'user' | 'system', content: string) => ({ role, content });

/** A turn's model calls and their results. */
interface Talk {
  readonly answer: ModelAnswer;
  readonly results: readonly ToolAnswer[];
}

const talks = fc
  .array(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 4 }), { maxLength: 6 })
  .map((turns) =>
    turns.map((lengths, turn): Talk => {
      const ids = lengths.map((_length, place) => `call-${turn}-${place}`);
      return {
        answer: {
          content: null,
          refusal: null,
          toolCalls: ids.map((id) => ({ id, name: 'x', arguments: '{}' })),
          finishReason: 'tool_calls',
          model: 'm',
          inputTokens: 0,
          outputTokens: 0,
        },
        results: ids.map((callId, place) => ({ callId, output: 'r'.repeat(lengths[place] ?? 0) })),
      };
    }),
  );

const contexts = fc
  .record({
    history: fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 10 }),
    budget: fc.integer({ min: -500, max: 8_000 }),
  })
  .map(({ history, budget }): TurnContext => {
    const blocks = history.map((length, index) =>
      blockOf([said('user', `${index} ${'h'.repeat(length)}`)], characters),
    );
    const own = blockOf([said('user', 'the question')], characters);
    return {
      system: said('system', 'who'),
      history: newestWithin(blocks, budget),
      own,
      joined: [],
      exchanges: [],
      hasOutsideSummary: false,
      budget,
    };
  });

const exchangesOf = (talk: readonly Talk[]) =>
  talk.map(({ answer, results }, index) => exchangeOf(10 * index, answer, results, characters));
const isShort = (message: ChatCompletionMessageParam) =>
  typeof message.content === 'string' && message.content.includes('[shortened: ');
const results = (messages: readonly ChatCompletionMessageParam[]) =>
  messages.filter(({ role }) => role === 'tool');

describe('requestMessages', () => {
  it('shows everything if everything fits', () => {
    fc.assert(
      fc.property(contexts, talks, (context, talk) => {
        const roomy = { ...context, budget: 1_000_000 };
        const shown = requestMessages(roomy, exchangesOf(talk), []);
        const whole = exchangesOf(talk).flatMap(({ call, results }) => [
          ...call.messages,
          ...results.flatMap((result) => result.whole.messages),
        ]);
        const past = context.history.flatMap(({ messages }) => messages);
        expect(shown).toEqual([context.system, ...past, ...context.own.messages, ...whole]);
      }),
    );
  });

  it('exceeds its budget by no more than the newest call with its shortened results and its last result', () => {
    fc.assert(
      fc.property(contexts, talks, (context, talk) => {
        const exchanges = exchangesOf(talk);
        const spent =
          tokensOf(requestMessages(context, exchanges, [])) - tokensOf([context.system]) - context.own.tokens;
        const newest = exchanges.at(-1);
        const step = newest
          ? newest.call.tokens +
            newest.results.slice(0, -1).reduce((sum, { short }) => sum + short.tokens, 0) +
            (newest.results.at(-1)?.whole.tokens ?? 0)
          : 0;
        expect(spent).toBeLessThanOrEqual(Math.max(0, context.budget) + step);
      }),
    );
  });

  it('keeps calls with their results, and the order', () => {
    fc.assert(
      fc.property(contexts, talks, (context, talk) => {
        const shown = requestMessages(context, exchangesOf(talk), []);
        expect(shown[0]).toBe(context.system);
        const expected = shown.flatMap((message) =>
          message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [],
        );
        const answered = shown.flatMap((message) => (message.role === 'tool' ? [message.tool_call_id] : []));
        expect(answered).toEqual(expected);
        const all = talk.flatMap((one) => one.results.map(({ callId }) => callId));
        expect(answered).toEqual(all.slice(all.length - answered.length));
        expect(shown).toContain(context.own.messages[0]);
      }),
    );
  });

  it('shortens the oldest results first, the last one never; drops the oldest history first', () => {
    fc.assert(
      fc.property(contexts, talks, (context, talk) => {
        const shown = requestMessages(context, exchangesOf(talk), []);
        const short = results(shown).map(isShort);
        expect(short.at(-1) ?? false).toBe(false);
        const places = short.flatMap((is, place) => (is ? [place] : []));
        const lastShort = places.at(-1) ?? -1;
        const older = results(shown).slice(0, lastShort + 1);
        // The results before the last shortened one are short as well, or were too short to be shortened.
        expect(older.every((message) => isShort(message) || tokensOf([message]) < 500)).toBe(true);
        const past = shown.slice(1, shown.indexOf(context.own.messages[0] ?? context.system));
        const history = context.history.flatMap(({ messages }) => messages);
        expect(past).toEqual(history.slice(history.length - past.length));
      }),
    );
  });

  it('keeps the head of a shortened result, and gives its length', () => {
    const big = (callId: string): ToolAnswer => ({ callId, output: `${callId} is ${'😀'.repeat(1_000)}` });
    const answer = (id: string): ModelAnswer => ({
      content: null,
      refusal: null,
      toolCalls: [{ id, name: 'x', arguments: '{}' }],
      finishReason: 'tool_calls',
      model: 'm',
      inputTokens: 0,
      outputTokens: 0,
    });
    const exchanges = ['a', 'b'].map((id, index) => exchangeOf(index, answer(id), [big(id)], characters));
    const none: Block[] = [];
    const own = blockOf([said('user', 'q')], characters);
    const shown = requestMessages(
      {
        system: said('system', 's'),
        history: none,
        own,
        joined: [],
        exchanges: [],
        hasOutsideSummary: false,
        budget: 2_500,
      },
      exchanges,
      [],
    );
    const [first, second] = results(shown).map(({ content }) => (typeof content === 'string' ? content : ''));
    expect(first).toMatch(/^a is 😀+\n\[shortened: the result had 2005 characters/u);
    expect(first?.isWellFormed()).toBe(true);
    expect(second).toBe(big('b').output);
  });
});

const pageText = 'many words make a page, '.repeat(150);

describe('a turn whose tool results exceed the context', () => {
  const contextTokens = 1_200;
  let agent: AgentRoom;

  beforeAll(async () => {
    agent = await AgentRoom.open({
      tools: [bookOf(pageText)],
      settings: { contextTokens, maxSteps: 8 },
    });
  });
  afterAll(() => agent.close());

  it('is answered, each of its requests within the budget and its newest step', async () => {
    const conversation = await agent.room.conversation();
    for (const text of ['hello', 'how are you', 'let us read']) {
      await agent.room.event(conversation, text);
      await agent.runner().run(conversation.id);
    }
    await agent.room.event(conversation, 'read me the book');
    const pages = [1, 2, 3, 4, 5, 6].map((page) => ({ calls: [{ name: 'read', arguments: { page } }] }));
    agent.model.script('read me the book', ...pages, { text: 'The end.' });
    expect(await agent.runner().run(conversation.id)).toMatchObject({ replied: true });
    const asked = agent.model.callsAbout('read me the book');
    expect(asked).toHaveLength(7);
    const step = agent.tokens.count(`page 1: ${pageText}`) + 150;
    for (const { messages } of asked) {
      const spent = messages
        .filter(({ role }) => role !== 'system')
        .reduce((sum, message) => sum + 4 + agent.tokens.count(JSON.stringify(message)), 0);
      expect(spent).toBeLessThanOrEqual(contextTokens + step);
      expect(messages.some(({ content }) => content === 'read me the book')).toBe(true);
    }
    const shown =
      asked.at(-1)?.messages.flatMap(({ role, content }) => (role === 'tool' ? [content] : [])) ?? [];
    expect(shown.map((content) => content?.slice(0, 6))).toEqual(
      [1, 2, 3, 4, 5, 6].map((page) => `page ${page}`),
    );
    expect(shown.at(0)).toContain('[shortened: ');
    expect(shown.at(-1)).not.toContain('[shortened: ');
    expect(asked[1]?.messages.some(({ content }) => content === 'hello')).toBe(true);
    expect(asked.at(-1)?.messages.some(({ content }) => content === 'hello')).toBe(false);
  });
});
