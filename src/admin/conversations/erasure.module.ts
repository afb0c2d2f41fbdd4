import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { ConversationEraser } from './conversation-eraser.repository.js';
import { Erasure } from './erasure.service.js';
import { UnfinishedErasures } from './unfinished-erasures.js';

/** Erasing conversations: an operator begins one, and the sweep of whichever worker ends it. */
@Module({
  imports: [BudgetModule, LanesModule],
  providers: [ConversationEraser, Erasure, UnfinishedErasures],
  exports: [Erasure],
})
export class ErasureModule {}
