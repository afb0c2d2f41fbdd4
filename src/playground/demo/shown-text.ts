/** The present text of the bot's message, which it edits while it works. */
export type Shown = 'what the bot is doing' | 'the answer, while it is written' | 'the answer';

/** Ends a text that is still being written. */
const CURSOR = '▌';

/** Whether a text is the finished answer, not a part of it. Pure. @param answer the expected content */
export function shownBy(text: string, answer: string): Shown {
  if (!text.includes(answer)) return 'what the bot is doing';
  return text.trimEnd().endsWith(CURSOR) ? 'the answer, while it is written' : 'the answer';
}
