import { Module } from '@nestjs/common';
import { AccessModule } from '../../../access/access.module.js';
import { DeliveryModule } from '../../../delivery/delivery.module.js';
import { MemoryModule } from '../../../memory/memory.module.js';
import { TurnsModule } from '../turns.module.js';
import { ClaimTries } from './claim-tries.js';
import { EventTriesRepository } from './event-tries.repository.js';
import { EventTriesService } from './event-tries.service.js';

/** Waiting events that failed: each is tried again, and becomes a dead letter in the end, without holding up those behind it. */
@Module({
  imports: [AccessModule, DeliveryModule, MemoryModule, TurnsModule],
  providers: [ClaimTries, EventTriesService, EventTriesRepository],
  exports: [ClaimTries, EventTriesService],
})
export class TriesModule {}
