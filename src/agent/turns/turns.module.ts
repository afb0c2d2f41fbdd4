import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { TokensModule } from '../llm/tokens.module.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { EventClaim } from './event-claim.js';
import { EventReader } from './event-reader.js';
import { StepRepository } from './step.repository.js';
import { TurnCompletionRepository } from './turn-completion.repository.js';
import { TurnDropRepository } from './turn-drop.repository.js';
import { TurnStopRepository } from './turn-stop.repository.js';
import { LaneStateRepository } from './lane-state.repository.js';
import { TurnClaimRepository } from './turn-claim.repository.js';
import { TurnRepository } from './turn.repository.js';
import { AccessFilter } from './access-filter.js';
import { WaitNotices } from './wait-notices.js';

/** The rows of turns: their events, steps and ends, and the notices to waiting chats. */
@Module({
  imports: [
    AccessModule,
    BudgetModule,
    DeliveryModule,
    LeaseModule,
    MemoryModule,
    ApprovalsModule,
    TokensModule,
  ],
  providers: [
    CorrectionsRepository,
    EventClaim,
    EventReader,
    LaneStateRepository,
    StepRepository,
    TurnClaimRepository,
    TurnCompletionRepository,
    TurnDropRepository,
    TurnRepository,
    TurnStopRepository,
    AccessFilter,
    WaitNotices,
  ],
  exports: [
    EventClaim,
    EventReader,
    LaneStateRepository,
    StepRepository,
    TurnClaimRepository,
    TurnCompletionRepository,
    TurnDropRepository,
    TurnRepository,
    TurnStopRepository,
    WaitNotices,
  ],
})
export class TurnsModule {}
