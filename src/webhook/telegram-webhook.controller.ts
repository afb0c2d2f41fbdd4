import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { type Acceptance, Inbox } from '../inbox/inbox.service.js';
import { ChatThrottlerGuard } from '../throttling/chat-throttler.guard.js';
import type { ReceivedUpdate } from './received-update.js';
import { TelegramSecretGuard } from './telegram-secret.guard.js';
import { UpdateBody } from './update-body.decorator.js';

/** Where Telegram posts its updates. */
@Controller('webhook')
export class TelegramWebhookController {
  constructor(private readonly inbox: Inbox) {}

  /** Answers once the update is durable, before any work on it. */
  @Post('telegram')
  @HttpCode(200)
  @UseGuards(TelegramSecretGuard, ChatThrottlerGuard)
  async receive(@UpdateBody() { payload, text }: ReceivedUpdate): Promise<{ status: Acceptance }> {
    return { status: await this.inbox.accept(payload, text) };
  }
}
