import { Module } from '@nestjs/common';
import { ApprovalsModule } from '../../agent/approvals/approvals.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { ApprovalsAdminService } from './approvals-admin.service.js';
import { ApprovalListingRepository } from './approval-listing.repository.js';
import { ApprovalsController } from './approvals.controller.js';

/** `/admin/approvals`: tool calls that wait for a person. */
@Module({
  imports: [ApprovalsModule, LanesModule, AdminAccessModule],
  controllers: [ApprovalsController],
  providers: [ApprovalsAdminService, ApprovalListingRepository],
})
export class AdminApprovalsModule {}
