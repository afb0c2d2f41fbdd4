import { Module } from '@nestjs/common';
import { MemoryModule } from '../../../memory/memory.module.js';
import { LeaseModule } from '../../../queue/lease/lease.module.js';
import { AttachmentsModule } from '../../attachments/attachments.module.js';
import { ContextModule } from '../../context/context.module.js';
import { TurnsModule } from '../../turns/turns.module.js';
import { InterruptionRepository } from './interruption.repository.js';
import { InterruptionsService } from './interruptions.service.js';
import { SteeringMessages } from './steering-messages.js';
import { TurnWatch } from './turn-watch.js';
import { TurnWatchRepository } from './turn-watch.repository.js';

/** Handles messages that arrive while a turn runs: they interrupt it, join it, or wait. */
@Module({
  imports: [LeaseModule, MemoryModule, AttachmentsModule, ContextModule, TurnsModule],
  providers: [InterruptionRepository, InterruptionsService, SteeringMessages, TurnWatch, TurnWatchRepository],
  exports: [InterruptionsService, SteeringMessages, TurnWatch],
})
export class BusyModule {}
