import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { LeaseModule } from '../../lease/lease.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { ApprovalRepository } from './approval.repository.js';
import { Approvals } from './approvals.service.js';

/** Tool calls that a person has to allow: asked by the agent, decided in the chat or by an operator. */
@Module({
  imports: [AccessModule, MemoryModule, LeaseModule, BudgetModule, DeliveryModule],
  providers: [Approvals, ApprovalRepository],
  exports: [Approvals, ApprovalRepository],
})
export class ApprovalsModule {}
