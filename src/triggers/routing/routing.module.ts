import { Module } from '@nestjs/common';
import { MemoryModule } from '../../memory/memory.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { RoutingRepository } from './routing.repository.js';
import { RoutingService } from './routing.service.js';
import { RoutingSweep } from './routing-sweep.js';

/** Makes messages of webhooks: in the roles `worker` and `all`. */
@Module({
  imports: [MemoryModule, LanesModule],
  providers: [RoutingService, RoutingRepository, RoutingSweep],
  exports: [RoutingService],
})
export class RoutingModule {}
