import { Module } from '@nestjs/common';
import { InboxModule } from '../inbox/inbox.module.js';
import { ChatOfRequest } from '../platform/throttling/chat-of-request.js';
import { ChatOfUpdate } from './chat-of-update.js';
import { TelegramSecretGuard } from './telegram-secret.guard.js';
import { TelegramWebhookController } from './telegram-webhook.controller.js';

/** Receives Telegram's webhook requests. */
@Module({
  imports: [InboxModule],
  providers: [TelegramSecretGuard, { provide: ChatOfRequest, useClass: ChatOfUpdate }],
  controllers: [TelegramWebhookController],
})
export class WebhookModule {}
