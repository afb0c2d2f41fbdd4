import { Module } from '@nestjs/common';
import { BudgetModule } from '../budget/budget.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { AdminKeyOfRequest } from '../throttling/admin-key-of-request.js';
import { AdminKey } from './admin-key.js';
import { AdminKeyGuard } from './admin-key.guard.js';
import { AdminRequestKey } from './admin-request-key.js';
import { BudgetListing } from './budget-listing.repository.js';
import { BudgetsController } from './budgets.controller.js';
import { BudgetsService } from './budgets.service.js';
import { ConversationEraser } from './conversation-eraser.repository.js';
import { ConversationListing } from './conversation-listing.repository.js';
import { ConversationRecords } from './conversation-records.repository.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { DeadLetterDesk } from './dead-letter-desk.service.js';
import { DeadLetterListing } from './dead-letter-listing.repository.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { Erasure } from './erasure.service.js';
import { MessageListing } from './message-listing.repository.js';
import { ScheduleDesk } from './schedule-desk.service.js';
import { ScheduleListing } from './schedule-listing.repository.js';
import { SchedulesController } from './schedules.controller.js';
import { TranscriptService } from './transcript.service.js';
import { TurnListing } from './turn-listing.repository.js';
import { TurnsController } from './turns.controller.js';
import { TurnsService } from './turns.service.js';

/** What operators see and do, under `/admin`. */
@Module({
  imports: [MemoryModule, BudgetModule, LanesModule, SchedulesModule],
  controllers: [
    ConversationsController,
    TurnsController,
    DeadLettersController,
    BudgetsController,
    SchedulesController,
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
    MessageListing,
    ScheduleDesk,
    ScheduleListing,
    TranscriptService,
    TurnListing,
    TurnsService,
  ],
})
export class AdminModule {}
