import { calcPrice, findProvider } from '@pydantic/genai-prices';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { costOf } from './amount.js';
import { publishedPrice } from './published-prices.js';

const models = ['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'x-ai'].flatMap(
  (providerId) => findProvider({ providerId })?.models.map(({ id }) => id) ?? [],
);

describe('publishedPrice', () => {
  it('has the rates of caches, of sound and of long requests', () => {
    expect(publishedPrice('claude-sonnet-4-5')).toMatchObject({
      input: 3_000_000n,
      output: 15_000_000n,
      cachedInput: 300_000n,
      cacheWrite: 3_750_000n,
      longer: [
        {
          above: 200_000,
          price: { input: 6_000_000n, output: 22_500_000n, cachedInput: 600_000n, cacheWrite: 7_500_000n },
        },
      ],
    });
    expect(publishedPrice('gpt-4o-transcribe')).toMatchObject({ input: 2_500_000n, audioInput: 6_000_000n });
  });

  it.each(['whisper-1', 'text-embedding-3-small', 'nobody-knows', ''])(
    'has no token price for %j',
    (model) => {
      expect(publishedPrice(model)).toBeNull();
    },
  );

  it('equals the library’s price of a call, at any length and with any part of it cached', () => {
    expect(models.length).toBeGreaterThan(100);
    const tokens = fc.integer({ min: 0, max: 300_000 });
    const parts = fc.record({ fresh: tokens, cached: tokens, written: tokens, output: tokens });
    fc.assert(
      fc.property(fc.constantFrom(...models), parts, (model, { fresh, cached, written, output }) => {
        const price = publishedPrice(model);
        if (!price) return;
        const inputTokens = fresh + cached + written;
        const ours = costOf(price, {
          inputTokens,
          cachedTokens: cached,
          cacheWriteTokens: written,
          outputTokens: output,
        });
        const usage = { cache_read_tokens: cached, cache_write_tokens: written, output_tokens: output };
        const theirs = calcPrice({ input_tokens: inputTokens, ...usage }, model)?.total_price ?? Number.NaN;
        expect(Math.abs(Number(ours) - theirs * 1_000_000)).toBeLessThan(1.001);
      }),
      { numRuns: 500 },
    );
  });

  it('never makes reading a whole request from a cache dearer than writing it there', () => {
    for (const model of models) {
      const { input, cachedInput = input, cacheWrite = input } = publishedPrice(model) ?? { input: 0n };
      expect(cachedInput <= input, model).toBe(true);
      expect(cacheWrite >= input, model).toBe(true);
    }
  });

  it('is looked up without the network', () => {
    const asked = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    expect(publishedPrice('gpt-4.1')).not.toBeNull();
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });
});
