import { describe, expect, it } from 'vitest';
import { BudgetSettings } from './budget.settings.js';
import { Prices } from './prices.js';

const pricesOf = (models: readonly string[], budget: Partial<BudgetSettings> = {}) =>
  new Prices(Object.assign(new BudgetSettings(), { models }, budget));

describe('Prices', () => {
  it('charge all of a request of more than 200,000 tokens at the price of long ones', () => {
    const prices = pricesOf(['claude-sonnet-4-5']);
    const call = { model: 'claude-sonnet-4-5', outputTokens: 1_000 };
    // $3 and $15 a million; beyond, $6 and $22.50.
    expect(prices.cost({ ...call, inputTokens: 200_000 })).toBe(615_000n);
    expect(prices.cost({ ...call, inputTokens: 300_000 })).toBe(1_822_500n);
    // 100,000 of them cached, at $0.60.
    expect(prices.cost({ ...call, inputTokens: 300_000, cachedTokens: 100_000 })).toBe(1_282_500n);
  });

  it('reserve as if all of a request were written to the cache, never less than its cost', () => {
    const prices = pricesOf(['gpt-6-sol']);
    // $2.50 a million for what is written, $2 for what is not, $10 for the answer.
    expect(prices.highest(100_000, 1_000, null)).toBe(260_000n);
    const call = { model: 'gpt-6-sol', inputTokens: 100_000, outputTokens: 1_000 };
    expect(prices.cost(call)).toBe(210_000n);
    expect(prices.cost({ ...call, cacheWriteTokens: 100_000 })).toBe(260_000n);
    expect(prices.cost({ ...call, cachedTokens: 100_000 })).toBe(30_000n);
  });

  it('of the operator hold at any length, cached or not', () => {
    const own = { input: 1_000_000n, output: 2_000_000n };
    const prices = pricesOf(['gpt-6-sol'], { prices: new Map([['gpt-6-sol', own]]) });
    const call = { model: 'gpt-6-sol', inputTokens: 500_000, cachedTokens: 400_000, outputTokens: 0 };
    expect(prices.cost(call)).toBe(500_000n);
    expect(prices.highest(500_000, 0, null)).toBe(500_000n);
  });

  it('of an unknown model are those of the dearest configured one', () => {
    const prices = pricesOf(['gpt-5-nano', 'gpt-5.4']);
    const call = { model: 'unheard-of', inputTokens: 1_000, outputTokens: 100 };
    expect(prices.cost(call)).toBe(prices.cost({ ...call, model: 'gpt-5.4' }));
  });
});
