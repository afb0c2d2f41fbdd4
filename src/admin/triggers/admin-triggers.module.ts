import { Module } from '@nestjs/common';
import { RulesModule } from '../../triggers/rules/rules.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { TriggersAdminService } from './triggers-admin.service.js';
import { TriggersController } from './triggers.controller.js';

/** `/admin/triggers`: what becomes of webhooks. */
@Module({
  imports: [RulesModule, AdminAccessModule],
  controllers: [TriggersController],
  providers: [TriggersAdminService],
})
export class AdminTriggersModule {}
