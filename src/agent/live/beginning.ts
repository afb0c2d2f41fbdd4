import type { Channel, ReplyBody } from '../../channel/channel.js';
import { cut } from '../tools/tool-output.js';

/** UTF-16 units of Markdown that are looked at: more than one message holds, also where half of it is addresses of links. */
const LOOKED_AT_CHARS = 12_000;

/**
 * As much from the beginning of a text as one message holds, and a cursor; what it costs does not grow with the text.
 * Undefined where not even a letter is a message. Pure.
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
