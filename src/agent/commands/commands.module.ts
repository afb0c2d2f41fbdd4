import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { ChatMigrationModule } from '../../memory/chat-migration/chat-migration.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { SchedulesModule } from '../../schedules/schedules.module.js';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { ContextModule } from '../context/context.module.js';
import { TriesModule } from '../turns/tries/tries.module.js';
import { TurnsModule } from '../turns/turns.module.js';
import { ChatSettings } from './chat-settings.js';
import { CommandAnswers } from './command-answers.js';
import { CommandHandler } from './command-handler.js';
import { CommandsService } from './commands.service.js';
import { EditsRepository } from './edits.repository.js';
import { ReactionsAndMembershipRepository } from './reactions-and-membership.repository.js';
import { ScheduleList } from './schedule-list.js';
import { UnsentAnswers } from './unsent-answers.js';
import { WaitingCommandsRepository } from './waiting-commands.repository.js';

/**
 * Handles events that need no model: slash commands, buttons, edits, reactions, membership changes, chat migrations.
 */
@Module({
  imports: [
    AccessModule,
    BudgetModule,
    DeliveryModule,
    LeaseModule,
    MemoryModule,
    ChatMigrationModule,
    SchedulesModule,
    ApprovalsModule,
    ContextModule,
    TurnsModule,
    TriesModule,
  ],
  providers: [
    ChatSettings,
    CommandAnswers,
    CommandHandler,
    CommandsService,
    EditsRepository,
    ReactionsAndMembershipRepository,
    ScheduleList,
    UnsentAnswers,
    WaitingCommandsRepository,
  ],
  exports: [CommandsService],
})
export class CommandsModule {}
