import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository } from './event.repository.js';
import { Inbox } from './inbox.service.js';
import { OverflowNotice } from './overflow-notice.js';

@Module({
  imports: [MemoryModule, DeliveryModule, LanesModule],
  providers: [Inbox, EventRepository, ConversationDirectory, OverflowNotice],
  exports: [Inbox],
})
export class InboxModule {}
