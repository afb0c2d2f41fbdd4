import { Module } from '@nestjs/common';
import { MemoryModule } from '../../memory/memory.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { CoalescingModule } from '../coalescing/coalescing.module.js';
import { ReplaySweep } from '../replaying/replay-sweep.js';
import { ReplayingModule } from '../replaying/replaying.module.js';
import { RoutingRepository } from './routing.repository.js';
import { RoutingService } from './routing.service.js';
import { RoutingSweep } from './routing-sweep.js';
import { WindowClosingService } from './window-closing.service.js';

/** Makes messages of webhooks: in the roles `worker` and `all`. */
@Module({
  imports: [MemoryModule, LanesModule, CoalescingModule, ReplayingModule],
  providers: [RoutingService, RoutingRepository, RoutingSweep, WindowClosingService, ReplaySweep],
  exports: [RoutingService, WindowClosingService],
})
export class RoutingModule {}
