import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInPrices } from '../config/model-prices.js';
import { fits } from './amount.js';
import { costOfHearing, mostOfHearing, soundTokens } from './hearing.js';

describe('what hearing costs', () => {
  it('is Whisper’s price a minute, though it is counted in tokens', () => {
    const minute = { model: 'whisper-1', inputTokens: soundTokens(60), outputTokens: 0 };
    expect(costOfHearing(builtInPrices, minute)).toEqual({ tokens: 600n, microUsd: 6_000n });
  });

  it('is nothing in money for a model without a price', () => {
    const usage = { model: 'own', inputTokens: 7, outputTokens: 3 };
    expect(costOfHearing(builtInPrices, usage)).toEqual({ tokens: 10n, microUsd: 0n });
  });

  it('is at most what was reserved for its length', () => {
    const models = fc.constantFrom('whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe', 'own');
    fc.assert(
      fc.property(models, fc.double({ min: 0, max: 20_000, noNaN: true }), (model, seconds) => {
        const usage = { model, inputTokens: soundTokens(seconds), outputTokens: Math.floor(seconds * 5) };
        const used = costOfHearing(builtInPrices, usage);
        expect(fits(used, mostOfHearing(builtInPrices, model, seconds))).toBe(true);
      }),
    );
  });
});
