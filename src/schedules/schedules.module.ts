import { Module } from '@nestjs/common';
import { ScheduleRepository } from './schedule.repository.js';
import { Schedules } from './schedules.service.js';

/** Reminders and schedules: what is planned. That it happens is the business of `firing/`. */
@Module({
  providers: [ScheduleRepository, Schedules],
  exports: [ScheduleRepository, Schedules],
})
export class SchedulesModule {}
