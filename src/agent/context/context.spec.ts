import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message, Step } from '../../generated/prisma/client.js';
import { type Block, fromAnchor, historyEntries, newestWithin } from './context.js';

const words = (text: string): number => text.split(/\s+/).length;
const at = new Date(0);

const message = (id: number, role: Message['role'], turnId: string | null, text = `text ${id}`): Message => ({
  id: BigInt(id),
  conversationId: 'c',
  epoch: 0,
  role,
  text,
  author: role === 'user' ? 'Ada' : null,
  channelMessageId: null,
  position: null,
  turnId,
  stepIndex: null,
  attachments: null,
  outside: false,
  createdAt: at,
  editedAt: null,
});

const step = (turnId: string, index: number, kind: Step['kind'], result: Record<string, unknown>): Step => ({
  turnId,
  index,
  kind,
  name: 'x',
  requestDigest: '',
  result: JSON.parse(JSON.stringify(result)),
  error: null,
  inputTokens: 0,
  outputTokens: 0,
  microUsd: 0n,
  startedAt: at,
  endedAt: at,
});

/** A turn: the number of messages that it answers, and of tool calls in each of its model calls. */
const turn = fc.record({
  users: fc.integer({ min: 1, max: 3 }),
  calls: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  /** After a crash or the step limit: some of the last call's results are missing. */
  torn: fc.boolean(),
  answers: fc.integer({ min: 0, max: 2 }),
});

type Talk = { readonly messages: Message[]; readonly steps: Step[] };

function talkOf(turns: readonly { users: number; calls: number[]; torn: boolean; answers: number }[]): Talk {
  const talk: Talk = { messages: [], steps: [] };
  for (const [number, { users, calls, torn, answers }] of turns.entries()) {
    const turnId = `turn-${number}`;
    const add = (role: Message['role']) => talk.messages.push(message(talk.messages.length, role, turnId));
    for (let user = 0; user < users; user += 1) add('user');
    let index = 0;
    for (const [position, tools] of calls.entries()) {
      const ids = Array.from({ length: tools }, (_, tool) => `${turnId}-${index}-${tool}`);
      const toolCalls = ids.map((id) => ({ id, name: 'x', arguments: '{}' }));
      talk.steps.push(
        step(turnId, index, 'model', { content: null, toolCalls, finishReason: 'stop', model: 'm' }),
      );
      const kept = torn && position === calls.length - 1 ? ids.slice(1) : ids;
      for (const [offset, id] of ids.entries()) {
        if (kept.includes(id))
          talk.steps.push(
            step(turnId, index + 1 + offset, 'tool', { callId: id, output: `result of ${id}` }),
          );
      }
      index += 1 + tools;
    }
    for (let answer = 0; answer < answers; answer += 1) add('assistant');
  }
  return talk;
}

const talks = fc.array(turn, { maxLength: 8 }).map(talkOf);
const blocksOf = ({ messages, steps }: Talk, named = false): Block[] =>
  historyEntries({ messages: messages.toReversed(), steps }, named, new Set(), words).flatMap(
    ({ blocks }) => blocks,
  );

describe('historyEntries', () => {
  it('never parts a tool call from its results, and shows each call once', () => {
    fc.assert(
      fc.property(talks, fc.integer({ min: 0, max: 300 }), (talk, budget) => {
        const shown = newestWithin(blocksOf(talk), budget).flatMap((block) => block.messages);
        const seen = new Set<string>();
        for (let index = 0; index < shown.length; index += 1) {
          const one = shown[index];
          expect(one?.role).not.toBe('tool');
          if (one?.role !== 'assistant' || !one.tool_calls) continue;
          for (const call of one.tool_calls) {
            expect(seen.has(call.id)).toBe(false);
            seen.add(call.id);
            index += 1;
            expect(shown[index]).toMatchObject({ role: 'tool', tool_call_id: call.id });
          }
        }
      }),
    );
  });

  it('shows every message once, in order', () => {
    fc.assert(
      fc.property(talks, (talk) => {
        const said = blocksOf(talk).flatMap(({ messages }) =>
          messages.flatMap((one) =>
            one.role === 'tool' || (one.role === 'assistant' && one.tool_calls) ? [] : [one.content],
          ),
        );
        expect(said).toEqual(talk.messages.map(({ text }) => text));
      }),
    );
  });

  it('puts a turn’s tool calls before its answer', () => {
    const talk = talkOf([{ users: 1, calls: [2], torn: false, answers: 1 }]);
    const roles = blocksOf(talk).flatMap(({ messages }) => messages.map(({ role }) => role));
    expect(roles).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant']);
  });

  it('shows the finished calls of an interrupted turn, and no call that was not made', () => {
    const torn = talkOf([{ users: 1, calls: [1, 2], torn: true, answers: 1 }]);
    const shown = blocksOf(torn).flatMap(({ messages }) =>
      messages.flatMap((one) => (one.role === 'tool' ? [one.content] : [])),
    );
    expect(shown).toEqual([
      'result of turn-0-0-0',
      'There is no result: the call was interrupted.',
      'result of turn-0-2-1',
    ]);
    const none = talkOf([{ users: 1, calls: [1], torn: true, answers: 1 }]);
    expect(blocksOf(none).flatMap(({ messages }) => messages.map(({ role }) => role))).toEqual([
      'user',
      'assistant',
    ]);
  });

  it('names the speakers if there are several', () => {
    const [block] = blocksOf({ messages: [message(1, 'user', null, 'hi')], steps: [] }, true);
    expect(block?.messages).toEqual([{ role: 'user', content: 'Ada: hi' }]);
  });
});

describe('newestWithin', () => {
  const blocks = fc.array(
    fc.integer({ min: 1, max: 50 }).map((tokens): Block => ({ messages: [], tokens })),
    { maxLength: 30 },
  );

  it('keeps the newest that fit, never more than the budget, and as many as possible', () => {
    fc.assert(
      fc.property(blocks, fc.integer({ min: -5, max: 400 }), (all, budget) => {
        const kept = newestWithin(all, budget);
        const sum = (some: readonly Block[]) => some.reduce((total, { tokens }) => total + tokens, 0);
        expect(kept).toEqual(all.slice(all.length - kept.length));
        if (kept.length > 0) expect(sum(kept)).toBeLessThanOrEqual(budget);
        if (kept.length < all.length)
          expect(sum(all.slice(all.length - kept.length - 1))).toBeGreaterThan(budget);
      }),
    );
  });
});

describe('fromAnchor', () => {
  const blocks = fc.array(
    fc.record({
      tokens: fc.integer({ min: 1, max: 50 }),
      anchor: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
    }),
    { maxLength: 40 },
  );
  const sum = (some: readonly { tokens: number }[]) => some.reduce((total, { tokens }) => total + tokens, 0);
  const blockOf = ({ tokens, anchor }: { tokens: number; anchor: number | undefined }): Block => ({
    messages: [],
    tokens,
    ...(anchor === undefined ? {} : { anchor }),
  });

  it('drops no more than a quarter, from the beginning', () => {
    fc.assert(
      fc.property(blocks, (all) => {
        const cut = all.map(blockOf);
        const kept = fromAnchor(cut);
        expect(kept).toEqual(cut.slice(cut.length - kept.length));
        expect(sum(cut) - sum(kept)).toBeLessThanOrEqual(sum(cut) / 4);
      }),
    );
  });

  it('keeps its beginning as long as that is the best anchor of the first quarter', () => {
    const talk = Array.from({ length: 400 }, (_, id) => message(id + 1, id % 2 ? 'assistant' : 'user', null));
    const page = { messages: talk.toReversed(), steps: [] };
    const all = historyEntries(page, false, new Set(), () => 10).flatMap(({ blocks }) => blocks);
    const beginnings = Array.from({ length: 300 }, (_, end) =>
      fromAnchor(newestWithin(all.slice(0, end + 100), 100 * 14)),
    ).map(([first]) => all.findIndex((block) => block === first));
    const moves = beginnings.filter((begin, index) => index > 0 && begin !== beginnings[index - 1]).length;
    expect(beginnings).toEqual(beginnings.toSorted((a, b) => a - b));
    expect(moves).toBeLessThan(60);
    expect(moves).toBeGreaterThan(5);
  });
});
