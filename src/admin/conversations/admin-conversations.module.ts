import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { ErasureModule } from '../../memory/erasure/erasure.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { ConversationListingRepository } from './conversation-listing.repository.js';
import { ConversationRecordsRepository } from './conversation-records.repository.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { MessageListingRepository } from './message-listing.repository.js';
import { OperatorMessagesService } from './operator-messages.service.js';
import { TranscriptService } from './transcript.service.js';

/** `/admin/conversations`: conversations with their history and settings, operator messages, erasure. */
@Module({
  imports: [DeliveryModule, ErasureModule, LanesModule, MemoryModule, AdminAccessModule],
  controllers: [ConversationsController],
  providers: [
    ConversationListingRepository,
    ConversationRecordsRepository,
    ConversationsService,
    MessageListingRepository,
    OperatorMessagesService,
    TranscriptService,
  ],
})
export class AdminConversationsModule {}
