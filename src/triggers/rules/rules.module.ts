import { Module } from '@nestjs/common';
import { MemoryModule } from '../../memory/memory.module.js';
import { TriggerRepository } from './trigger.repository.js';
import { TriggersService } from './triggers.service.js';

/** Triggers, as they are kept. `routing/` applies them. */
@Module({
  imports: [MemoryModule],
  providers: [TriggerRepository, TriggersService],
  exports: [TriggersService],
})
export class RulesModule {}
