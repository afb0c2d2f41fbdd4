import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { ApprovalRepository } from './approval.repository.js';
import { ApprovalsService } from './approvals.service.js';

/** Approvals of tool calls: requested by the agent, decided in the chat or by an operator. */
@Module({
  imports: [AccessModule, MemoryModule, LeaseModule, BudgetModule, DeliveryModule],
  providers: [ApprovalsService, ApprovalRepository],
  exports: [ApprovalsService, ApprovalRepository],
})
export class ApprovalsModule {}
