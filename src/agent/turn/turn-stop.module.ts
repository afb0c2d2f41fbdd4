import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { LeaseModule } from '../../lease/lease.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { TurnStop } from './turn-stop.repository.js';

/** Cancelling a turn that is under way: by a command in the chat, or by an operator, who may be in another process. */
@Module({
  imports: [ApprovalsModule, MemoryModule, LeaseModule, BudgetModule, DeliveryModule],
  providers: [TurnStop],
  exports: [TurnStop],
})
export class TurnStopModule {}
