import type { ChatView, Violation } from '../evidence.js';
import type { Seeded } from '../seeded.js';
import { plainTerms, type Terms } from '../terms.js';

/** Something that happens in a chat, some time after what happened before it was accepted. */
export type Action = { readonly pauseMs: number } & (
  | {
      readonly kind: 'say';
      /** In the message's text and in its answer, and nowhere else. */
      readonly token: string;
      readonly text: string;
      /** Fields of the Telegram message. */
      readonly fields?: Readonly<Record<string, unknown>>;
      /** Delivered again: at the same instant, later, or not. */
      readonly again: 'at-once' | 'later' | null;
    }
  /** The author of an earlier message changes it. */
  | { readonly kind: 'edit'; readonly token: string; readonly text: string; readonly of: string }
  /** A message that names no token. */
  | { readonly kind: 'command'; readonly text: string; readonly fields?: Readonly<Record<string, unknown>> }
  /** A group becomes a supergroup. */
  | { readonly kind: 'move'; readonly to: number }
  /** An operator erases the conversation. */
  | { readonly kind: 'erase' }
);

/** The traffic of one chat in one round. */
export interface Script {
  /** Below zero: a group. */
  readonly chat: number;
  readonly feature: Feature;
  readonly actions: readonly Action[];
}

/** What a feature makes a script of. */
export interface Hand {
  readonly random: Seeded;
  readonly chat: number;
  /** How many messages a chat gets, and in which time. */
  readonly messages: number;
  readonly overMs: number;
  /** The token of the n-th message. */
  readonly token: (n: number) => string;
}

/** A kind of traffic, and what is promised of it beside what is promised of all. */
export interface Feature {
  readonly name: string;
  /** Below zero: it happens in groups. */
  readonly sign: 1 | -1;
  script(hand: Hand): Action[];
  terms(actions: readonly Action[]): Terms;
  judge(view: ChatView): Violation[];
}

/** A message as most are: it takes the model some time, and some of the tools that harm nobody. */
export function say(
  { random, token, overMs, messages }: Hand,
  n: number,
  asks = '',
): Action & { kind: 'say' } {
  const tools =
    asks === '' ? random.pick(['', '', '', 'use:time ', 'use:sum ', 'use:time use:sum ']) : `${asks} `;
  return {
    kind: 'say',
    token: token(n),
    text: `${tools}slow:${random.int(20, 500)} ${token(n)}`,
    pauseMs: random.chance(0.3) ? 0 : random.int(0, (2 * overMs) / messages),
    again: random.chance(0.1) ? 'at-once' : random.chance(0.1) ? 'later' : null,
  };
}

export const command = (text: string, pauseMs = 0): Action => ({ kind: 'command', text, pauseMs });

/** The messages of a script, in order. */
export const tokensIn = (actions: readonly Action[]): string[] =>
  actions.flatMap((action) => (action.kind === 'say' ? [action.token] : []));

export const countOf = (actions: readonly Action[], kind: Action['kind']): number =>
  actions.filter((action) => action.kind === kind).length;

export const named = (name: string, change: Partial<Terms> = {}): Terms => ({
  ...plainTerms,
  feature: name,
  ...change,
});

export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

export const nothingMore = (): Violation[] => [];
