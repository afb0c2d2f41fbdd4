import type { Amount, TokenUsage } from './amount.js';
import type { BudgetLimits } from './budget-limits.js';
import type { Prices } from './prices.js';

/** The usage of a model call. */
export interface CallUsage extends TokenUsage {
  readonly model: string;
}

/** The highest usage of one model call: its answer has the limit of every answer. */
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

export function usedBy(prices: Prices, call: CallUsage): Amount {
  return { tokens: BigInt(call.inputTokens + call.outputTokens), microUsd: prices.cost(call) };
}
