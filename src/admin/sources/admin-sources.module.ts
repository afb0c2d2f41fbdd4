import { Module } from '@nestjs/common';
import { SourcesModule } from '../../triggers/sources/sources.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { SourcesAdminService } from './sources-admin.service.js';
import { SourcesController } from './sources.controller.js';

/** `/admin/sources`: what may send webhooks. */
@Module({
  imports: [SourcesModule, AdminAccessModule],
  controllers: [SourcesController],
  providers: [SourcesAdminService],
})
export class AdminSourcesModule {}
