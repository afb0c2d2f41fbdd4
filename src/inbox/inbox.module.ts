import { Module } from '@nestjs/common';
import { UpdateSink } from '../channel/update-sink.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { AccessModule } from '../access/access.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository } from './event.repository.js';
import { InboxService } from './inbox.service.js';
import { GroupContextService } from './group-context.service.js';
import { OverflowNotice } from './overflow-notice.js';
import { UnusedUpdates } from './unused-updates.js';
import { PolledUpdates } from './polled-updates.js';

@Module({
  imports: [AccessModule, MemoryModule, DeliveryModule, LanesModule],
  providers: [
    InboxService,
    EventRepository,
    ConversationDirectory,
    GroupContextService,
    OverflowNotice,
    UnusedUpdates,
    { provide: UpdateSink, useClass: PolledUpdates },
  ],
  exports: [InboxService, UpdateSink],
})
export class InboxModule {}
