import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { DueSchedulesRepository } from './due-schedules.repository.js';
import { ScheduleFiring } from './schedule-firing.js';

/** Fires due schedules: in the roles `worker` and `all`. */
@Module({
  imports: [AccessModule, MemoryModule, DeliveryModule],
  providers: [DueSchedulesRepository, ScheduleFiring],
  exports: [ScheduleFiring],
})
export class FiringModule {}
