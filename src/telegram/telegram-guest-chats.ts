import type { SingleMessages } from '../channel/capabilities.js';
import type { Destination } from '../channel/channel.js';
import type { Bots } from './bots/bots.js';
import { guestAnswerOf } from './updates/chat-route.js';

/** Chats in which the bot is a guest: it may send one message. https://core.telegram.org/bots/api#answerguestquery */
export class TelegramGuestChats implements SingleMessages {
  constructor(private readonly bots: Bots) {}

  appliesTo(destination: Destination): boolean {
    return guestAnswerOf(destination) !== null;
  }

  open(destination: Destination, words: string, signal: AbortSignal): Promise<string | null> {
    return this.bots.findBot(destination.channel).sender.open(destination, words, signal);
  }
}
