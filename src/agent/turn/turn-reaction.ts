import { Injectable } from '@nestjs/common';
import { Channel, type Destination, type Mood } from '../../channel/channel.js';

/** Shows on the message that a turn answers that it was seen, and when it is done. Nobody waits for it. */
@Injectable()
export class TurnReaction {
  constructor(private readonly channel: Channel) {}

  /**
   * Begins at once.
   * @param channelMessageId null: nothing was written in the channel
   * @returns what is called once when the run has ended: `done` where its answer is committed, else null
   */
  begin(destination: Destination, channelMessageId: bigint | null): (mood: 'done' | null) => void {
    if (channelMessageId === null) return () => {};
    const react = (mood: Mood | null) => this.channel.react(destination, channelMessageId, mood, never);
    const seen = react('seen');
    return (mood) => void seen.then(() => react(mood));
  }
}

const never = new AbortController().signal;
