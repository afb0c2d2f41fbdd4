import type { ModelPrice } from '../config/model-prices.js';

/** Tokens and money, whole numbers both, so that sums are exact. */
export interface Amount {
  readonly tokens: bigint;
  /** Millionths of a dollar. */
  readonly microUsd: bigint;
}

/** What an amount may come to; null does not limit. */
export interface Limit {
  readonly tokens: bigint | null;
  readonly microUsd: bigint | null;
}

export const nothing: Amount = { tokens: 0n, microUsd: 0n };

export function plus(a: Amount, b: Amount): Amount {
  return { tokens: a.tokens + b.tokens, microUsd: a.microUsd + b.microUsd };
}

/** What of `a` is beyond `b`, never less than nothing. */
export function beyond(a: Amount, b: Amount): Amount {
  return { tokens: atLeastZero(a.tokens - b.tokens), microUsd: atLeastZero(a.microUsd - b.microUsd) };
}

export function isNothing({ tokens, microUsd }: Amount): boolean {
  return tokens === 0n && microUsd === 0n;
}

export function limits({ tokens, microUsd }: Limit): boolean {
  return tokens !== null || microUsd !== null;
}

export function fits(amount: Amount, limit: Limit): boolean {
  return (
    (limit.tokens === null || amount.tokens <= limit.tokens) &&
    (limit.microUsd === null || amount.microUsd <= limit.microUsd)
  );
}

/** What a limit still allows: null where it does not limit, never less than nothing. */
export function left(limit: Limit, used: Amount): Limit {
  return {
    tokens: limit.tokens === null ? null : atLeastZero(limit.tokens - used.tokens),
    microUsd: limit.microUsd === null ? null : atLeastZero(limit.microUsd - used.microUsd),
  };
}

/** The tighter of two limits. */
export function tighter(a: Limit, b: Limit): Limit {
  return { tokens: smaller(a.tokens, b.tokens), microUsd: smaller(a.microUsd, b.microUsd) };
}

/** What one model call costs, in millionths of a dollar, rounded up. */
export function costOf(price: ModelPrice, inputTokens: number, outputTokens: number): bigint {
  const exact = BigInt(inputTokens) * price.input + BigInt(outputTokens) * price.output;
  return (exact + 999_999n) / 1_000_000n;
}

function smaller(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

const atLeastZero = (value: bigint): bigint => (value > 0n ? value : 0n);
