import { Module } from '@nestjs/common';
import { BudgetModule } from '../budget/budget.module.js';
import { ChatMoves } from './chat-moves.js';
import { ConversationMerge } from './conversation-merge.js';
import { HistoryMove } from './history-move.js';
import { ShownMessages } from './shown-messages.js';

/** Chats that get another id. */
@Module({
  imports: [BudgetModule],
  providers: [ChatMoves, HistoryMove, ConversationMerge, ShownMessages],
  exports: [ChatMoves],
})
export class MovesModule {}
