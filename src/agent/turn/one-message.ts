import type { Channel } from '../../channel/channel.js';
import { cut } from '../tools/tool-output.js';

/** As much of the beginning of a text as one message holds, where the channel takes no second one. Pure. */
export function withinOneMessage(text: string, channel: Pick<Channel, 'compose'>): string {
  if (channel.compose(text).length === 1) return text;
  for (let length = text.length; length > 0; length = Math.floor(length * 0.9)) {
    const shorter = `${cut(text, length)} …`;
    if (channel.compose(shorter).length === 1) return shorter;
  }
  return '…';
}
