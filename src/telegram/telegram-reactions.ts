import type { Mood, Reactions } from '../channel/capabilities.js';
import type { Destination } from '../channel/channel.js';
import type { ChannelMessageId } from '../channel/ids.js';
import type { Bots } from './bots/bots.js';

/** Reactions of each bot. */
export class TelegramReactions implements Reactions {
  constructor(private readonly bots: Bots) {}

  react(
    { channel, chatId }: Destination,
    channelMessageId: ChannelMessageId,
    mood: Mood | null,
    signal: AbortSignal,
  ): Promise<void> {
    return this.bots.findBot(channel).presence.react(Number(chatId), Number(channelMessageId), mood, signal);
  }
}
