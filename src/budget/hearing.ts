import { type ModelPrices, priceOf } from '../config/model-prices.js';
import { type Amount, costOf } from './amount.js';
import type { CallUsage } from './call-usage.js';

/** OpenAI counts sound so; by it what is billed by its length, and what tells no usage, is counted in tokens too. */
const SOUND_TOKENS_PER_SECOND = 10;
/** Nobody speaks faster, in any language. */
const WORD_TOKENS_PER_SECOND = 10;

/** What a recording of this length can come to. Pure. */
export function mostOfHearing(prices: ModelPrices, model: string, seconds: number): Amount {
  const whole = Math.ceil(seconds);
  return costOfHearing(prices, {
    model,
    inputTokens: whole * SOUND_TOKENS_PER_SECOND,
    outputTokens: whole * WORD_TOKENS_PER_SECOND,
  });
}

/** The tokens that sound counts as where no tokens are told. Pure. */
export const soundTokens = (seconds: number): number => Math.ceil(seconds * SOUND_TOKENS_PER_SECOND);

/** A model without a price costs nothing: where money is limited, the start demands one. Pure. */
export function costOfHearing(prices: ModelPrices, { model, inputTokens, outputTokens }: CallUsage): Amount {
  const price = priceOf(prices, model);
  return {
    tokens: BigInt(inputTokens + outputTokens),
    microUsd: price ? costOf(price, inputTokens, outputTokens) : 0n,
  };
}
