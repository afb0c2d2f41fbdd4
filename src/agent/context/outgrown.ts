import { type Entry, tokensOf } from './context.js';

/** The shares of `AGENT_CONTEXT_TOKENS`, in tokens. */
export interface Shares {
  /** The limit of history without a summary; beyond it, its oldest part is summarised. */
  readonly history: number;
  /**
   * The part of it that stays word for word: half, so that summaries are rare, and the requests in between begin alike.
   */
  readonly kept: number;
  /** The part that one model call summarises. */
  readonly part: number;
  /** The summary itself. */
  readonly summary: number;
  /** The limit for a conversation from before there were summaries: more than this without a summary is left out. */
  readonly catchUp: number;
}

/** Computes the shares. Facts have a quarter; history may use the rest of summary and facts too. Pure. */
export function sharesOf(contextTokens: number): Shares {
  return {
    history: Math.floor((contextTokens * 5) / 8),
    kept: Math.floor((contextTokens * 5) / 16),
    part: Math.floor(contextTokens / 2),
    summary: Math.floor(contextTokens / 8),
    catchUp: contextTokens * 4,
  };
}

/**
 * Returns the oldest part of a history that has outgrown its share, if possible up to the start of a turn; else
 * nothing. The rest is the next part. Pure.
 * @param entries oldest first
 * @param partTokens the limit of the part, which has at least one message
 */
export function outgrownPart(
  entries: readonly Entry[],
  { history, kept }: Pick<Shares, 'history' | 'kept'>,
  partTokens: number,
): readonly Entry[] {
  const total = entries.reduce((sum, entry) => sum + tokensOf(entry), 0);
  if (total <= history) return [];
  let left = partTokens;
  let rest = total;
  let length = 0;
  for (const entry of entries.slice(0, -1)) {
    left -= tokensOf(entry);
    if (rest <= kept || (left < 0 && length > 0)) break;
    rest -= tokensOf(entry);
    length += 1;
  }
  for (let end = length; end > 0; end -= 1) if (beginsTurn(entries, end)) return entries.slice(0, end);
  return entries.slice(0, length);
}

function beginsTurn(entries: readonly Entry[], index: number): boolean {
  const [before, message] = [entries[index - 1]?.message, entries[index]?.message];
  return message?.role === 'user' && (before?.role !== 'user' || before.turnId !== message.turnId);
}
