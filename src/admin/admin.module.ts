import { Module } from '@nestjs/common';
import { BudgetModule } from '../budget/budget.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { AdminKeyOfRequest } from '../throttling/admin-key-of-request.js';
import { AdminKey } from './access/admin-key.js';
import { AdminKeyGuard } from './access/admin-key.guard.js';
import { AdminRequestKey } from './access/admin-request-key.js';
import { BudgetListing } from './budgets/budget-listing.repository.js';
import { BudgetsController } from './budgets/budgets.controller.js';
import { BudgetsService } from './budgets/budgets.service.js';
import { ConversationEraser } from './conversations/conversation-eraser.repository.js';
import { ConversationListing } from './conversations/conversation-listing.repository.js';
import { ConversationRecords } from './conversations/conversation-records.repository.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { ConversationsService } from './conversations/conversations.service.js';
import { DeadLetterDesk } from './dead-letters/dead-letter-desk.service.js';
import { DeadLetterListing } from './dead-letters/dead-letter-listing.repository.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { FloodGateController } from './flood-gate/flood-gate.controller.js';
import { FloodGateView } from './flood-gate/flood-gate-view.repository.js';
import { Erasure } from './conversations/erasure.service.js';
import { MessageListing } from './conversations/message-listing.repository.js';
import { ScheduleDesk } from './schedules/schedule-desk.service.js';
import { ScheduleListing } from './schedules/schedule-listing.repository.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { TranscriptService } from './conversations/transcript.service.js';
import { TurnListing } from './turns/turn-listing.repository.js';
import { TurnsController } from './turns/turns.controller.js';
import { TurnsService } from './turns/turns.service.js';

/** What operators see and do, under `/admin`. */
@Module({
  imports: [MemoryModule, BudgetModule, LanesModule, SchedulesModule],
  controllers: [
    ConversationsController,
    TurnsController,
    DeadLettersController,
    BudgetsController,
    SchedulesController,
    FloodGateController,
  ],
  providers: [
    AdminKey,
    AdminKeyGuard,
    AdminRequestKey,
    { provide: AdminKeyOfRequest, useExisting: AdminRequestKey },
    BudgetListing,
    BudgetsService,
    ConversationEraser,
    ConversationListing,
    ConversationRecords,
    ConversationsService,
    DeadLetterDesk,
    DeadLetterListing,
    Erasure,
    FloodGateView,
    MessageListing,
    ScheduleDesk,
    ScheduleListing,
    TranscriptService,
    TurnListing,
    TurnsService,
  ],
})
export class AdminModule {}
