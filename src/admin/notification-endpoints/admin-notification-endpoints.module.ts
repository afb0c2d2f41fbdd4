import { Module } from '@nestjs/common';
import { EndpointsModule } from '../../notifications/endpoints/endpoints.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { EndpointsAdminService } from './endpoints-admin.service.js';
import { EndpointsController } from './endpoints.controller.js';

/** `/admin/notification-endpoints`: servers that are told what happens. */
@Module({
  imports: [EndpointsModule, AdminAccessModule],
  controllers: [EndpointsController],
  providers: [EndpointsAdminService],
})
export class AdminNotificationEndpointsModule {}
