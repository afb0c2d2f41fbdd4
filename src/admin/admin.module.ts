import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { ApprovalsModule } from '../agent/approvals/approvals.module.js';
import { TurnStopModule } from '../agent/turn/turn-stop.module.js';
import { BudgetModule } from '../budget/budget.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { LanesModule } from '../queue/lanes.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { AdminKeyOfRequest } from '../throttling/admin-key-of-request.js';
import { AdminGate } from './access/admin.gate.js';
import { AdminKey } from './access/admin-key.js';
import { AdminKeyGuard } from './access/admin-key.guard.js';
import { AdminRequestKey } from './access/admin-request-key.js';
import { WrongKeys } from './access/wrong-keys.js';
import { ApprovalDesk } from './approvals/approval-desk.service.js';
import { ApprovalListing } from './approvals/approval-listing.repository.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { BudgetListing } from './budgets/budget-listing.repository.js';
import { BudgetsController } from './budgets/budgets.controller.js';
import { BudgetsService } from './budgets/budgets.service.js';
import { ConversationListing } from './conversations/conversation-listing.repository.js';
import { ConversationRecords } from './conversations/conversation-records.repository.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { ConversationsService } from './conversations/conversations.service.js';
import { DeadLetterDesk } from './dead-letters/dead-letter-desk.service.js';
import { DeadLetterListing } from './dead-letters/dead-letter-listing.repository.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { FloodGateController } from './flood-gate/flood-gate.controller.js';
import { FloodGateView } from './flood-gate/flood-gate-view.repository.js';
import { ErasureModule } from './conversations/erasure.module.js';
import { MessageListing } from './conversations/message-listing.repository.js';
import { OperatorVoice } from './conversations/operator-voice.service.js';
import { AdmittedGroupsController } from './pairings/admitted-groups.controller.js';
import { PairingDesk } from './pairings/pairing-desk.service.js';
import { PairingListing } from './pairings/pairing-listing.repository.js';
import { PairingsController } from './pairings/pairings.controller.js';
import { PeopleController } from './people/people.controller.js';
import { PeopleService } from './people/people.service.js';
import { PersonListing } from './people/person-listing.repository.js';
import { ScheduleDesk } from './schedules/schedule-desk.service.js';
import { ScheduleListing } from './schedules/schedule-listing.repository.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { TranscriptService } from './conversations/transcript.service.js';
import { TurnCanceller } from './turns/turn-canceller.service.js';
import { TurnListing } from './turns/turn-listing.repository.js';
import { TurnsController } from './turns/turns.controller.js';
import { TurnsService } from './turns/turns.service.js';

/** What operators see and do, under `/admin`. */
@Module({
  imports: [
    AccessModule,
    ApprovalsModule,
    BudgetModule,
    DeliveryModule,
    ErasureModule,
    LanesModule,
    MemoryModule,
    SchedulesModule,
    TurnStopModule,
  ],
  controllers: [
    ConversationsController,
    TurnsController,
    DeadLettersController,
    BudgetsController,
    PeopleController,
    SchedulesController,
    ApprovalsController,
    FloodGateController,
    AdmittedGroupsController,
    PairingsController,
  ],
  providers: [
    AdminGate,
    AdminKey,
    AdminKeyGuard,
    AdminRequestKey,
    { provide: AdminKeyOfRequest, useExisting: AdminRequestKey },
    ApprovalDesk,
    ApprovalListing,
    BudgetListing,
    BudgetsService,
    ConversationListing,
    ConversationRecords,
    ConversationsService,
    DeadLetterDesk,
    DeadLetterListing,
    FloodGateView,
    MessageListing,
    OperatorVoice,
    PairingDesk,
    PairingListing,
    PeopleService,
    PersonListing,
    ScheduleDesk,
    ScheduleListing,
    TranscriptService,
    TurnCanceller,
    TurnListing,
    TurnsService,
    WrongKeys,
  ],
})
export class AdminModule {}
