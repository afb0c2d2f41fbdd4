import type { ModelPrices } from './model-price.js';
import { priceOf } from './model-prices.js';
import { type Amount, costOf } from './amount.js';
import type { CallUsage } from './call-usage.js';

/**
 * OpenAI's rate for sound; it converts sound that is billed by length, or without a reported usage, into tokens too.
 */
const SOUND_TOKENS_PER_SECOND = 10;
/** No language is spoken faster. */
const WORD_TOKENS_PER_SECOND = 10;

/** The highest cost of a recording of this length. Pure. */
export function maxTranscriptionCost(prices: ModelPrices, model: string, seconds: number): Amount {
  const whole = Math.ceil(seconds);
  return transcriptionCost(prices, {
    model,
    inputTokens: whole * SOUND_TOKENS_PER_SECOND,
    outputTokens: whole * WORD_TOKENS_PER_SECOND,
  });
}

/** The tokens of a sound without a reported usage. Pure. */
export const soundTokens = (seconds: number): number => Math.ceil(seconds * SOUND_TOKENS_PER_SECOND);

/** A model without a price costs nothing: with a limit in dollars, the start requires one. Pure. */
export function transcriptionCost(overrides: ModelPrices, call: CallUsage): Amount {
  const price = priceOf(overrides, call.model);
  return {
    tokens: BigInt(call.inputTokens + call.outputTokens),
    microUsd: price ? costOf({ ...price, input: price.audioInput ?? price.input }, call) : 0n,
  };
}
