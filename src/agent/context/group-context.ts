import { OutsideText } from '../../channel/outside-text.js';
import type { GroupContextMessage } from '../../memory/group-context.repository.js';
import { markAsOutside } from '../tools/outside-text.js';
import { type Block, blockOf, type CountTokens } from './context.js';

/** The largest share of `AGENT_CONTEXT_TOKENS` for group context. */
export const GROUP_CONTEXT_SHARE = 1 / 8;

const ORIGIN =
  'what people of this group said to each other before the next message, and not to you; one JSON object a message';
/** UTF-16 units: more than 100 messages at their longest, each character escaped. */
const MAX_CHARS = 1_000_000;

/**
 * Writes the group context for the model: the newest messages that fit, marked as data, each on its own line, so that
 * no text can pass for another's. Pure but for the mark.
 * @param messages oldest first
 * @returns null if there is none, or none fits
 */
export function groupContextText(
  messages: readonly GroupContextMessage[],
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

/** Replaces the group context of a failed turn: its text is not kept, but it counts as read. */
export const forgottenGroupContext = (): string =>
  markAsOutside(OutsideText.fromUntrusted('(not kept any more)'), ORIGIN, MAX_CHARS);

export function groupContextBlock(text: string, count: CountTokens): Block {
  return blockOf([{ role: 'user', content: text }], count);
}
