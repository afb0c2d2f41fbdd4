import type { Ack } from '../bot-api/chat-log.js';

/** The messages of one chat of the burst. */
export interface BurstChat {
  /** The marks that the user's messages held, in their order. */
  readonly marks: readonly string[];
  /** The bot's messages, in their order. */
  readonly replies: readonly string[];
}

/** The outcome of the burst, counted from the outside: by Telegram's posts and the messages it received. */
export interface Tally {
  readonly answered: number;
  /** Marks that no reply holds. */
  readonly lost: number;
  /** Marks that were answered more than once. */
  readonly duplicates: number;
  /** Marks that were answered before an earlier one of their chat. */
  readonly disordered: number;
  readonly replies: number;
}

/** Counts the outcomes of the messages. Pure. */
export function tally(chats: readonly BurstChat[]): Tally {
  const counts = chats.map(({ marks, replies }) => {
    const said = replies.join('\n');
    const places = marks.map((mark) => occurrences(said, `"${mark}"`));
    const firsts = places.flatMap((found) => found[0] ?? []);
    return {
      answered: firsts.length,
      lost: places.filter((found) => found.length === 0).length,
      duplicates: places.filter((found) => found.length > 1).length,
      disordered: firsts.filter((place, index) => place < (firsts[index - 1] ?? -1)).length,
      replies: replies.length,
    };
  });
  const sum = (of: (count: Tally) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return {
    answered: sum((count) => count.answered),
    lost: sum((count) => count.lost),
    duplicates: sum((count) => count.duplicates),
    disordered: sum((count) => count.disordered),
    replies: sum((count) => count.replies),
  };
}

/** How many POSTs were answered with this outcome. */
export function countOutcome(acks: readonly Ack[], outcome: string): number {
  return acks.filter((ack) => ack.outcome === outcome).length;
}

/**
 * The smallest of the values that at least this share of them does not exceed (nearest rank).
 * @param share in (0, 1]
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}

function occurrences(text: string, words: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) places.push(at);
  return places;
}
