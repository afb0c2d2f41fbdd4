import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { DueSchedules } from './due-schedules.repository.js';
import { ScheduleFiring } from './schedule-firing.js';

/** Lets what is due happen: in the roles `worker` and `all`. */
@Module({
  imports: [AccessModule, MemoryModule, DeliveryModule],
  providers: [DueSchedules, ScheduleFiring],
  exports: [ScheduleFiring],
})
export class FiringModule {}
