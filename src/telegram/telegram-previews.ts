import type { PreviewOutcome, Previews } from '../channel/capabilities.js';
import type { Destination, ReplyBody } from '../channel/channel.js';
import type { Bots } from './bots/bots.js';
import { readBody, unreadable } from './sending/reply-body.js';
import { addressOf } from './updates/chat-route.js';

/** Previews as Telegram's drafts. https://core.telegram.org/bots/api#sendmessagedraft */
export class TelegramPreviews implements Previews {
  readonly lastsMs = 30_000;
  readonly everyMs = 1_000;

  constructor(private readonly bots: Bots) {}

  async show(
    destination: Destination,
    previewId: number,
    body: ReplyBody,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    const message = readBody(body);
    return message
      ? await this.bots
          .findBot(destination.channel)
          .presence.preview(addressOf(destination), previewId, message, signal)
      : unreadable;
  }
}
