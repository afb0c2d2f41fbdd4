import { type Entry, tokensOf } from '../context/context.js';

/** How `AGENT_CONTEXT_TOKENS` is shared out, in tokens. */
export interface Shares {
  /** History that is not summarised yet may take this much; past it, its oldest part is. */
  readonly history: number;
  /** What of it stays as it was said: half, so that a summary is made seldom, and the requests between begin alike. */
  readonly kept: number;
  /** What one model call takes in. */
  readonly part: number;
  /** The summary itself. */
  readonly summary: number;
  /** Where more than this is not summarised, in a conversation from before there were summaries, the rest is left out. */
  readonly catchUp: number;
}

/** Facts have a quarter. What the summary and the facts do not use is the history's as well. Pure. */
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
 * The oldest part of a history that has outgrown its share, up to where a turn begins if that can be; nothing of one that
 * has not. What is left over is the next part. Pure.
 * @param entries oldest first
 * @param partTokens what the part may have; one message it has at least
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
