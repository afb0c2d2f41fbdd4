import type { Expectation } from './expectations.js';

/** A scripted talk with the agent, and what has to hold of it. */
export interface Dialogue {
  /** In words joined by hyphens: `--only` finds it by this. */
  readonly name: string;
  /** One line. */
  readonly about: string;
  /** Set: the demo model cannot hold it, and why; it is skipped there. */
  readonly needsRealModel?: string;
  readonly moves: readonly Move[];
}

/** What happens before the next move begins. */
export type Move =
  /** A user writes, all at once, and everything is answered. */
  | {
      readonly do: 'say';
      readonly messages: readonly UserMessage[];
      readonly expect?: readonly Expectation[];
    }
  /**
   * The chat has a longer past: its messages, oldest first, the user's and the agent's by turns. Written straight into
   * the history: two hundred real turns would cost a real model two hundred answers, and say nothing more.
   */
  | { readonly do: 'seed'; readonly past: readonly string[] }
  /** Until the history that has outgrown its share is summarised. */
  | { readonly do: 'summarise' };

export interface UserMessage {
  readonly text: string;
  /** Set: the user passes on what somebody of this name wrote. */
  readonly forwardedFrom?: string;
  /** Set: the user changes the text to this at once. */
  readonly editedTo?: string;
}

/** One message, or several at once. */
export function say(messages: string | readonly UserMessage[], expect: readonly Expectation[] = []): Move {
  return { do: 'say', messages: typeof messages === 'string' ? [{ text: messages }] : messages, expect };
}
