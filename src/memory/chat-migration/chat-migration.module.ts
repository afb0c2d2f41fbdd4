import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { ChatMigrationService } from './chat-migration.service.js';
import { ConversationMerge } from './conversation-merge.js';
import { HistoryMigration } from './history-migration.js';
import { ShownMessages } from './shown-messages.js';

/** Migrates chats whose id changed. */
@Module({
  imports: [BudgetModule],
  providers: [ChatMigrationService, HistoryMigration, ConversationMerge, ShownMessages],
  exports: [ChatMigrationService],
})
export class ChatMigrationModule {}
