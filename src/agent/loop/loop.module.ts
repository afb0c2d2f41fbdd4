import { Module, type OnModuleInit } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { AttachmentsModule } from '../attachments/attachments.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { ContextModule } from '../context/context.module.js';
import { ModelModule } from '../llm/model.module.js';
import { TokenCounter } from '../llm/token-counter.js';
import { StreamingModule } from '../streaming/streaming.module.js';
import { TriesModule } from '../turns/tries/tries.module.js';
import { TurnsModule } from '../turns/turns.module.js';
import { TurnSettlement } from './turn-settlement.js';
import { BusyIndicator } from './busy-indicator.js';
import { BusyModule } from './busy/busy.module.js';
import { CallOrigins } from './call-origins.js';
import { IsolatedRunsService } from './isolated-runs.service.js';
import { Placeholder } from './placeholder.js';
import { StepsModule } from './steps/steps.module.js';
import { TurnReaction } from './turn-reaction.js';
import { AnswerWriter } from './answer-writer.js';
import { NextTurn } from './next-turn.js';
import { RunSupervisor } from './run-supervisor.js';
import { TurnRunner } from './turn-runner.js';
import { TurnExecutor } from './turn-executor.js';

/** The run of a turn: from its lease to its answer, or to its end without one. */
@Module({
  imports: [
    BudgetModule,
    LeaseModule,
    MemoryModule,
    ApprovalsModule,
    AttachmentsModule,
    CommandsModule,
    ContextModule,
    ModelModule,
    StreamingModule,
    TurnsModule,
    TriesModule,
    BusyModule,
    StepsModule,
  ],
  providers: [
    TurnSettlement,
    BusyIndicator,
    CallOrigins,
    IsolatedRunsService,
    Placeholder,
    TurnReaction,
    AnswerWriter,
    NextTurn,
    RunSupervisor,
    TurnRunner,
    TurnExecutor,
  ],
  exports: [TurnRunner],
})
export class LoopModule implements OnModuleInit {
  constructor(private readonly tokens: TokenCounter) {}

  /** At the start, not with a user's first message. */
  onModuleInit(): void {
    this.tokens.load();
  }
}
