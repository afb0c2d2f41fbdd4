import type { Typing } from '../channel/capabilities.js';
import type { Destination } from '../channel/channel.js';
import type { Bots } from './bots/bots.js';
import { addressOf, guestAnswerOf } from './updates/chat-route.js';

/** https://core.telegram.org/bots/api#sendchataction */
export class TelegramTyping implements Typing {
  /** A call that takes longer is of no use either. */
  readonly lastsMs = 5_000;

  constructor(private readonly bots: Bots) {}

  async show(destination: Destination, signal: AbortSignal): Promise<void> {
    if (guestAnswerOf(destination) !== null) return;
    try {
      const { direct_messages_topic_id: _, ...address } = addressOf(destination);
      const action = { ...address, action: 'typing' } as const;
      await this.bots
        .findBot(destination.channel)
        .api.call((api) => api.sendChatAction(action), signal, this.lastsMs);
    } catch {
      // Aborted: no caller waits for it any more.
    }
  }
}
