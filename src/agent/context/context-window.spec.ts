import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf } from './context.js';
import { ContextWindow } from './context-window.js';
import type { ModelAnswer } from '../llm/model-answer.js';
import { type Exchange, exchangeOf, type TurnContext } from './turn-request.js';

const characters = (text: string): number => text.length;
const user = (content: string) => blockOf([{ role: 'user', content }], characters);

function contextOf(history: readonly number[]): TurnContext {
  const blocks = history.map((length, index) => user(`${index} ${'h'.repeat(length)}`));
  return {
    system: { role: 'system', content: 'who' },
    history: blocks,
    own: user('the question'),
    joined: [],
    exchanges: [],
    hasOutsideSummary: false,
    budget: blocks.reduce((sum, { tokens }) => sum + tokens, 0) * 2,
  };
}

function exchange(id: string, length: number): Exchange {
  const answer: ModelAnswer = {
    content: null,
    refusal: null,
    toolCalls: [{ id, name: 'x', arguments: '{}' }],
    finishReason: 'tool_calls',
    model: 'm',
    inputTokens: 0,
    outputTokens: 0,
  };
  return exchangeOf(0, answer, [{ callId: id, output: 'r'.repeat(length) }], characters);
}

const progress = (exchanges: readonly Exchange[]) => ({ exchanges, joined: [] });
const sizeOf = (window: ContextWindow, exchanges: readonly Exchange[]) =>
  JSON.stringify(window.messages(progress(exchanges))).length;

describe('ContextWindow', () => {
  it('halves the size of the last request, not an unused budget', () => {
    const window = new ContextWindow(contextOf([400, 400, 400, 400]));
    const before = sizeOf(window, []);
    expect(window.shrink(progress([]))).toBe(true);
    expect(sizeOf(window, [])).toBeLessThan(before * 0.6);
  });

  it('shrinks a few times, each time to less, down to the question, and then reports that nothing is left', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 4 }),
        (history, results) => {
          const window = new ContextWindow(contextOf(history));
          const exchanges = results.map((length, index) => exchange(`call-${index}`, length));
          const sizes = [sizeOf(window, exchanges)];
          while (window.shrink(progress(exchanges))) sizes.push(sizeOf(window, exchanges));
          expect(sizes.length).toBeLessThanOrEqual(5);
          expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => b - a));
          const left = window.messages(progress(exchanges));
          expect(left).toContainEqual({ role: 'user', content: 'the question' });
          expect(left.filter(({ role }) => role === 'user')).toHaveLength(1);
          expect(JSON.stringify(left).length).toBeLessThan(1_000);
        },
      ),
    );
  });

  it('shows a later result whole once', () => {
    const window = new ContextWindow(contextOf([500]));
    const first = exchange('a', 5_000);
    while (window.shrink(progress([first])));
    expect(sizeOf(window, [first])).toBeLessThan(1_000);
    const second = exchange('b', 5_000);
    expect(sizeOf(window, [first, second])).toBeGreaterThan(5_000);
    expect(window.shrink(progress([first, second]))).toBe(true);
    expect(window.shrink(progress([first, second]))).toBe(false);
  });

  it('has nothing to leave out of a question without history', () => {
    expect(new ContextWindow(contextOf([])).shrink(progress([]))).toBe(false);
  });
});
