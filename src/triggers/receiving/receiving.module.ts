import { Module } from '@nestjs/common';
import { LanesModule } from '../../queue/lanes.module.js';
import { SourcesModule } from '../sources/sources.module.js';
import { WebhookInbox } from './webhook-inbox.js';
import { WebhookReceiver } from './webhook-receiver.js';
import { WebhookRepository } from './webhook.repository.js';

/** Receives webhooks of sources: in the roles `web` and `all`. */
@Module({
  imports: [LanesModule, SourcesModule],
  providers: [WebhookReceiver, WebhookInbox, WebhookRepository],
  exports: [WebhookReceiver, SourcesModule],
})
export class ReceivingModule {}
