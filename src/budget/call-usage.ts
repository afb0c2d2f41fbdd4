import type { Amount } from './amount.js';
import type { BudgetLimits } from './budget-limits.js';
import type { Prices } from './prices.js';

/** What a model call used. */
export interface CallUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The most that one model call can come to: its answer has the limit of every answer. */
export function mostOfCall(
  prices: Prices,
  { answerTokens }: BudgetLimits,
  inputTokens: number,
  ownModel: string | null,
): Amount {
  return {
    tokens: BigInt(inputTokens + answerTokens),
    microUsd: prices.highest(inputTokens, answerTokens, ownModel),
  };
}

export function usedBy(prices: Prices, { model, inputTokens, outputTokens }: CallUsage): Amount {
  return {
    tokens: BigInt(inputTokens + outputTokens),
    microUsd: prices.cost(model, inputTokens, outputTokens),
  };
}
