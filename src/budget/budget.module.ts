import { Module } from '@nestjs/common';
import { LeaseModule } from '../queue/lease/lease.module.js';
import { BudgetErasureRepository } from './budget-erasure.repository.js';
import { BudgetLedgerRepository } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';
import { BudgetMigrationRepository } from './budget-migration.repository.js';
import { BudgetsService } from './budgets.service.js';
import { Prices } from './prices.js';
import { UsageRepository } from './usage.repository.js';

const services = [
  BudgetsService,
  BudgetLedgerRepository,
  BudgetErasureRepository,
  BudgetMigrationRepository,
  BudgetLimits,
  Prices,
  UsageRepository,
];

/** Limits and usage of the model: by turn, user, chat and deployment. */
@Module({
  imports: [LeaseModule],
  providers: services,
  exports: services,
})
export class BudgetModule {}
