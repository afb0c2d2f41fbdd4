import { Module } from '@nestjs/common';
import { BudgetModule } from '../../../budget/budget.module.js';
import { MemoryModule } from '../../../memory/memory.module.js';
import { LeaseModule } from '../../../queue/lease/lease.module.js';
import { ModelModule } from '../../llm/model.module.js';
import { ContextModule } from '../context.module.js';
import { Summarizer } from './summarizer.js';

/** Folds the older part of a history into a summary, in a lane of its own. */
@Module({
  imports: [BudgetModule, LeaseModule, MemoryModule, ContextModule, ModelModule],
  providers: [Summarizer],
  exports: [Summarizer],
})
export class SummariesModule {}
