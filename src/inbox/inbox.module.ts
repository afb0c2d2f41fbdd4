import { Module } from '@nestjs/common';
import { UpdateSink } from '../channel/update-sink.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { AccessModule } from '../access/access.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository } from './event.repository.js';
import { Inbox } from './inbox.service.js';
import { Overhearing } from './overhearing.js';
import { OverflowNotice } from './overflow-notice.js';
import { UnusedUpdates } from './unused-updates.js';
import { PolledUpdates } from './polled-updates.js';

@Module({
  imports: [AccessModule, MemoryModule, DeliveryModule, LanesModule],
  providers: [
    Inbox,
    EventRepository,
    ConversationDirectory,
    Overhearing,
    OverflowNotice,
    UnusedUpdates,
    { provide: UpdateSink, useClass: PolledUpdates },
  ],
  exports: [Inbox, UpdateSink],
})
export class InboxModule {}
