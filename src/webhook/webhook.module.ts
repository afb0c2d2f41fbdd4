import { Module } from '@nestjs/common';
import { InboxModule } from '../inbox/inbox.module.js';
import { ChatOfRequest } from '../platform/throttling/chat-of-request.js';
import { ReceivingModule } from '../triggers/receiving/receiving.module.js';
import { ChatOfUpdate } from './chat-of-update.js';
import { SourceGate } from './source.gate.js';
import { SourceWebhookController } from './source-webhook.controller.js';
import { TelegramSecretGuard } from './telegram-secret.guard.js';
import { TelegramWebhookController } from './telegram-webhook.controller.js';

/** Receives Telegram's webhook requests, and those of sources. */
@Module({
  imports: [InboxModule, ReceivingModule],
  providers: [TelegramSecretGuard, SourceGate, { provide: ChatOfRequest, useClass: ChatOfUpdate }],
  controllers: [TelegramWebhookController, SourceWebhookController],
})
export class WebhookModule {}
