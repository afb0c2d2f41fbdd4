import { Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { channelOfBot, MAIN_CHANNEL } from '../channel/configured-bots.js';
import type { Acceptance } from '../inbox/arrival-store.js';
import { InboxService } from '../inbox/inbox.service.js';
import { ChatThrottlerGuard } from '../platform/throttling/chat-throttler.guard.js';
import { BOT_PARAM } from './channel-of-request.js';
import { type ReceivedUpdate, UpdateBody } from './received-update.js';

/** Receives Telegram's updates at one address for each bot. `TelegramSecretGuard` authenticates the requests before. */
@Controller('webhook')
@UseGuards(ChatThrottlerGuard)
export class TelegramWebhookController {
  constructor(private readonly inbox: InboxService) {}

  /** Answers once the update is durable, before any work on it. */
  @Post('telegram')
  @HttpCode(200)
  async receive(@UpdateBody() { payload, text }: ReceivedUpdate): Promise<{ status: Acceptance }> {
    return { status: await this.inbox.accept(MAIN_CHANNEL, payload, text) };
  }

  /** The same for a bot of TELEGRAM_BOTS_FILE. */
  @Post(`telegram/:${BOT_PARAM}`)
  @HttpCode(200)
  async receiveFor(
    @Param(BOT_PARAM) bot: string,
    @UpdateBody() { payload, text }: ReceivedUpdate,
  ): Promise<{ status: Acceptance }> {
    return { status: await this.inbox.accept(channelOfBot(bot), payload, text) };
  }
}
