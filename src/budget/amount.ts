import type { ModelPrice } from './model-price.js';

/** Tokens and money, both whole numbers, so that sums are exact. */
export interface Amount {
  readonly tokens: bigint;
  /** Millionths of a dollar. */
  readonly microUsd: bigint;
}

/** A limit of an amount; null does not limit. */
export interface Limit {
  readonly tokens: bigint | null;
  readonly microUsd: bigint | null;
}

export const nothing: Amount = { tokens: 0n, microUsd: 0n };

export function plus(a: Amount, b: Amount): Amount {
  return { tokens: a.tokens + b.tokens, microUsd: a.microUsd + b.microUsd };
}

/** The part of `a` beyond `b`, never less than nothing. */
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

/** The rest of a limit: null if it does not limit, never less than nothing. */
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

/** The tokens of one model call. */
export interface TokenUsage {
  /** All tokens of its request. */
  readonly inputTokens: number;
  /** The part that the provider read from its cache. */
  readonly cachedTokens?: number;
  /** The part that the provider wrote to its cache. */
  readonly cacheWriteTokens?: number;
  readonly outputTokens: number;
}

/** The cost of one model call, in millionths of a dollar, rounded up. */
export function costOf(price: ModelPrice, usage: TokenUsage): bigint {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  const {
    input,
    output,
    cachedInput = input,
    cacheWrite = input,
  } = price.longer?.findLast(({ above }) => inputTokens > above)?.price ?? price;
  const exact =
    BigInt(inputTokens - cachedTokens - cacheWriteTokens) * input +
    BigInt(cachedTokens) * cachedInput +
    BigInt(cacheWriteTokens) * cacheWrite +
    BigInt(outputTokens) * output;
  return (exact + 999_999n) / 1_000_000n;
}

function smaller(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

const atLeastZero = (value: bigint): bigint => (value > 0n ? value : 0n);
