import { OutsideText } from '../../channel/outside-text.js';
import type { OverheardMessage } from '../../memory/overheard.repository.js';
import { markAsOutside } from '../tools/outside-text.js';
import { type Block, blockOf, type CountTokens } from './context.js';
import type { TurnContext } from './turn-request.js';

/** Of `AGENT_CONTEXT_TOKENS`, the most that people's talk may take. */
export const BACKGROUND_SHARE = 1 / 8;

const ORIGIN =
  'what people of this group said to each other before the next message, and not to you; one JSON object a message';
/** UTF-16 units: more than 100 messages at their longest, each character escaped. */
const MAX_CHARS = 1_000_000;

/**
 * What people said to each other, as the model is told: the newest that fit, marked as data, each on a line of its own,
 * so that no text can pass for another's. Pure but for the mark.
 * @param messages oldest first
 * @returns null where there is none, or none fits
 */
export function backgroundText(
  messages: readonly OverheardMessage[],
  budget: number,
  count: CountTokens,
): string | null {
  const marked = (lines: readonly string[]) =>
    markAsOutside(OutsideText.join(lines, '\n'), ORIGIN, MAX_CHARS);
  let left = budget - count(marked([]));
  const lines: string[] = [];
  for (const { author, text } of messages.toReversed()) {
    const line = JSON.stringify({ from: author ?? 'somebody', text });
    left -= count(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  return lines.length === 0 ? null : marked(lines.toReversed());
}

/** Stands for the background of a turn that has failed: it is not kept, and it counts as read all the same. */
export const forgottenBackground = (): string =>
  markAsOutside(OutsideText.of('(not kept any more)'), ORIGIN, MAX_CHARS);

/** The background is the newest of the past: it comes before the turn's own messages, and yields like the history. */
export function withBackground(context: TurnContext, background: Block | null): TurnContext {
  return background ? { ...context, history: [...context.history, background] } : context;
}

export function backgroundBlock(text: string, count: CountTokens): Block {
  return blockOf([{ role: 'user', content: text }], count);
}
