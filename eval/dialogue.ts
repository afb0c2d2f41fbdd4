import type { Expectation } from './expectations.js';

/** A scripted dialogue with the agent, and its expectations. */
export interface Dialogue {
  /** In words joined by hyphens: `--only` finds it by this. */
  readonly name: string;
  /** One line. */
  readonly about: string;
  /** If set, the reason why the demo model skips it. */
  readonly needsRealModel?: string;
  readonly moves: readonly Move[];
}

/** The action before the next move. */
export type Move =
  /** A user sends these messages, all at once, and everything is answered. */
  | {
      readonly do: 'say';
      readonly messages: readonly UserMessage[];
      readonly expect?: readonly Expectation[];
    }
  /**
   * The chat has a longer history: its messages, oldest first, the user's and the agent's alternating. Written straight
   * into the history: two hundred real turns would cost a real model two hundred answers, and show nothing more.
   */
  | { readonly do: 'seed'; readonly past: readonly string[] }
  /** Until the history beyond its share is summarised. */
  | { readonly do: 'summarise' };

export interface UserMessage {
  readonly text: string;
  /** If set, the user forwards a message of a person of this name. */
  readonly forwardedFrom?: string;
  /** If set, the user edits the text to this at once. */
  readonly editedTo?: string;
}

/** One message, or several at once. */
export function say(messages: string | readonly UserMessage[], expect: readonly Expectation[] = []): Move {
  return { do: 'say', messages: typeof messages === 'string' ? [{ text: messages }] : messages, expect };
}
