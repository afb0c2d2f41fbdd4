import { Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { channelOfBot, MAIN_CHANNEL } from '../config/telegram.settings.js';
import type { Acceptance } from '../inbox/arrival-store.js';
import { Inbox } from '../inbox/inbox.service.js';
import { ChatThrottlerGuard } from '../throttling/chat-throttler.guard.js';
import { BOT_PARAM } from './channel-of-request.js';
import type { ReceivedUpdate } from './received-update.js';
import { UpdateBody } from './update-body.decorator.js';

/** Where Telegram posts its updates: an address for each bot. Who may is decided by `TelegramSecretGuard`, before this. */
@Controller('webhook')
@UseGuards(ChatThrottlerGuard)
export class TelegramWebhookController {
  constructor(private readonly inbox: Inbox) {}

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
