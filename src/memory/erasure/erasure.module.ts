import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { ConversationErasureRepository } from './conversation-erasure.repository.js';
import { ConversationErasureService } from './conversation-erasure.service.js';
import { UnfinishedErasures } from './unfinished-erasures.js';

/** Erases conversations: an operator begins an erasure, and the sweep of any worker ends it. */
@Module({
  imports: [BudgetModule, LanesModule],
  providers: [ConversationErasureRepository, ConversationErasureService, UnfinishedErasures],
  exports: [ConversationErasureService],
})
export class ErasureModule {}
