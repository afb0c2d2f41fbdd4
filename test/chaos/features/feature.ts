import type { ChatView, Violation } from '../evidence.js';
import type { Seeded } from '../seeded.js';
import { plainTerms, type Terms } from '../terms.js';

/** An event of a chat, some time after the acceptance of the last one. */
export type Action = { readonly pauseMs: number } & (
  | {
      readonly kind: 'say';
      /** Occurs in the message's text and in its answer, and nowhere else. */
      readonly token: string;
      readonly text: string;
      /** Fields of the Telegram message. */
      readonly fields?: Readonly<Record<string, unknown>>;
      /** Delivered again: at the same instant, later, or not. */
      readonly again: 'at-once' | 'later' | null;
    }
  /** An author edits an earlier message. */
  | { readonly kind: 'edit'; readonly token: string; readonly text: string; readonly of: string }
  /** A message without a token. */
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

/** The material from which a feature makes a script. */
export interface Hand {
  readonly random: Seeded;
  readonly chat: number;
  /** The number of a chat's messages, and their time. */
  readonly messages: number;
  readonly overMs: number;
  /** The token of the n-th message. */
  readonly token: (n: number) => string;
}

/** A kind of traffic, and its promises besides the general ones. */
export interface Feature {
  readonly name: string;
  /** Below zero: it happens in groups. */
  readonly sign: 1 | -1;
  script(hand: Hand): Action[];
  terms(actions: readonly Action[]): Terms;
  judge(view: ChatView): Violation[];
}

/** An ordinary message: it takes the model some time, and some of the harmless tools. */
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
