import { Module } from '@nestjs/common';
import { ScheduleRepository } from './schedule.repository.js';
import { SchedulesService } from './schedules.service.js';

/** Reminders and schedules. `firing/` fires them. */
@Module({
  providers: [ScheduleRepository, SchedulesService],
  exports: [ScheduleRepository, SchedulesService],
})
export class SchedulesModule {}
