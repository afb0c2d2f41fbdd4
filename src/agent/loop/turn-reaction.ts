import { Injectable } from '@nestjs/common';
import type { ChannelMessageId } from '../../channel/ids.js';
import type { Mood } from '../../channel/capabilities.js';
import { Channel, type Destination } from '../../channel/channel.js';

/** Reacts to the message that a turn answers: when it is read, and when it is done. Nothing waits for it. */
@Injectable()
export class TurnReaction {
  constructor(private readonly channel: Channel) {}

  /**
   * Begins at once.
   * @param channelMessageId null: nothing was written in the channel
   * @returns a function to call once after the run: `done` if its answer is committed, else null
   */
  begin(destination: Destination, channelMessageId: ChannelMessageId | null): (mood: 'done' | null) => void {
    const { reactions } = this.channel;
    if (!reactions || channelMessageId === null) return () => {};
    const react = (mood: Mood | null) => reactions.react(destination, channelMessageId, mood, never);
    const seen = react('seen');
    return (mood) => void seen.then(() => react(mood));
  }
}

const never = new AbortController().signal;
