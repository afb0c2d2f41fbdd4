import { Module } from '@nestjs/common';
import { BudgetModule } from '../budget/budget.module.js';
import { ChatMoves } from './chat-moves.js';
import { ConversationMerge } from './conversation-merge.js';

/** Chats that get another id. */
@Module({ imports: [BudgetModule], providers: [ChatMoves, ConversationMerge], exports: [ChatMoves] })
export class MovesModule {}
