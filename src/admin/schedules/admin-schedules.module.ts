import { Module } from '@nestjs/common';
import { SchedulesModule } from '../../schedules/schedules.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { SchedulesAdminService } from './schedules-admin.service.js';
import { ScheduleListingRepository } from './schedule-listing.repository.js';
import { SchedulesController } from './schedules.controller.js';

/** `/admin/schedules`: reminders and tasks. */
@Module({
  imports: [SchedulesModule, AdminAccessModule],
  controllers: [SchedulesController],
  providers: [SchedulesAdminService, ScheduleListingRepository],
})
export class AdminSchedulesModule {}
