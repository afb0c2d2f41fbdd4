/** What the bot's message, which it edits while it works, shows at the moment. */
export type Shown = 'what the bot is doing' | 'the answer, while it is written' | 'the answer';

/** Ends a text that goes on. */
const CURSOR = '▌';

/** Tells a text that is still being written from the answer. Pure. @param answer what the answer has to say */
export function shownBy(text: string, answer: string): Shown {
  if (!text.includes(answer)) return 'what the bot is doing';
  return text.trimEnd().endsWith(CURSOR) ? 'the answer, while it is written' : 'the answer';
}
