import type { FormattedText } from './formatted-text.js';

/** https://core.telegram.org/bots/api#sendmessagedraft: a preview of 30 seconds. */
const SHOWS_MS = 30_000;

/** The bot's answer so far. */
export interface MessageDraft extends FormattedText {
  /** The bot's own number for it, not 0. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether its reader sees a stop button. */
  readonly canStop: boolean;
  /** Whether it stays after that button was pressed. */
  readonly keepOnStop: boolean;
}

export function isSeen(draft: MessageDraft | null, now: number): draft is MessageDraft {
  return draft !== null && now - draft.at < SHOWS_MS;
}
