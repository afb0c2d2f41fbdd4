import type { Channel, ReplyBody } from '../../channel/channel.js';
import { cut } from '../tools/tool-output.js';

/** UTF-16 units of Markdown that are read: more than one message holds, even if half of it is link addresses. */
const LOOKED_AT_CHARS = 12_000;

/**
 * The beginning of a text, as much as one message holds, and a cursor; its cost does not grow with the text. Undefined
 * if the channel composes no message from it. Pure.
 */
export function beginningOf(
  text: string,
  cursor: string,
  channel: Pick<Channel, 'compose'>,
): ReplyBody | undefined {
  for (let length = Math.min(text.length, LOOKED_AT_CHARS); length > 0; length = Math.floor(length * 0.7)) {
    const parts = channel.compose(`${cut(text, length)}${cursor}`);
    if (parts.length === 1) return parts[0];
  }
  return undefined;
}
