import { Module } from '@nestjs/common';
import { LeaseModule } from '../lease/lease.module.js';
import { BudgetEraser } from './budget-eraser.repository.js';
import { BudgetLedger } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';
import { BudgetMover } from './budget-mover.repository.js';
import { Budgets } from './budgets.service.js';
import { Prices } from './prices.js';
import { UsageRepository } from './usage.repository.js';

const services = [Budgets, BudgetLedger, BudgetEraser, BudgetMover, BudgetLimits, Prices, UsageRepository];

/** What the model may use and has used: a turn, a user, a chat, all. */
@Module({
  imports: [LeaseModule],
  providers: services,
  exports: services,
})
export class BudgetModule {}
