import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { AttachmentsModule } from '../attachments/attachments.module.js';
import { ModelModule } from '../llm/model.module.js';
import { TurnGroupContextRepository } from './turn-group-context.repository.js';
import { ContextBuilder } from './context-builder.js';
import { HistoryReader } from './history-reader.js';
import { PastRepository } from './past.repository.js';
import { SummaryRepository } from './summary.repository.js';

/** The model's view of a conversation: history, facts, the summary, group context. */
@Module({
  imports: [BudgetModule, LeaseModule, MemoryModule, AttachmentsModule, ModelModule],
  providers: [TurnGroupContextRepository, ContextBuilder, HistoryReader, PastRepository, SummaryRepository],
  exports: [TurnGroupContextRepository, ContextBuilder, HistoryReader, SummaryRepository],
})
export class ContextModule {}
