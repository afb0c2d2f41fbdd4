import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { BudgetListingRepository } from './budget-listing.repository.js';
import { BudgetsController } from './budgets.controller.js';
import { BudgetsAdminService } from './budgets-admin.service.js';

/** `/admin/budgets`: the usage by day, user and chat. */
@Module({
  imports: [BudgetModule, AdminAccessModule],
  controllers: [BudgetsController],
  providers: [BudgetListingRepository, BudgetsAdminService],
})
export class AdminBudgetsModule {}
