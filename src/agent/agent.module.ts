import { Module } from '@nestjs/common';
import { BudgetModule } from '../budget/budget.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { LeaseModule } from '../lease/lease.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { AfterRun } from './after-run.js';
import { AgentLoop } from './agent-loop.js';
import { ApprovalGate } from './approvals/approval-gate.js';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { BusyIndicator } from './busy-indicator.js';
import { CommandAnswers } from './command-answers.js';
import { Commands } from './commands.service.js';
import { ContextBuilder } from './context-builder.js';
import { Edits } from './edits.repository.js';
import { EventClaim } from './event-claim.js';
import { EventReader } from './event-reader.js';
import { HistoryReader } from './history-reader.js';
import { LiveReplies } from './live/live-replies.js';
import { ModelModule } from './model/model.module.js';
import { ModelSteps } from './model-steps.js';
import { Newcomers } from './newcomers.js';
import { ScheduleList } from './schedule-list.js';
import { StepRepository } from './step.repository.js';
import { Summarizer } from './summaries/summarizer.js';
import { SummaryRepository } from './summaries/summary.repository.js';
import { TokenCounter } from './token-counter.js';
import { ToolCalls } from './tool-calls.js';
import { ToolsModule } from './tools/tools.module.js';
import { TurnEndings } from './turn-endings.repository.js';
import { TurnRepository } from './turn.repository.js';
import { TurnRunner } from './turn-runner.js';
import { TurnStop } from './turn-stop.repository.js';
import { TurnWatch } from './turn-watch.js';
import { TurnWork } from './turn-work.js';
import { TurnWatchRepository } from './turn-watch.repository.js';

@Module({
  imports: [
    ApprovalsModule,
    MemoryModule,
    LeaseModule,
    BudgetModule,
    DeliveryModule,
    ModelModule,
    SchedulesModule,
    ToolsModule,
  ],
  providers: [
    AfterRun,
    TurnRunner,
    TurnWork,
    TurnRepository,
    TurnEndings,
    StepRepository,
    Edits,
    EventClaim,
    EventReader,
    LiveReplies,
    Newcomers,
    TurnStop,
    TurnWatch,
    TurnWatchRepository,
    CommandAnswers,
    Commands,
    ScheduleList,
    ContextBuilder,
    HistoryReader,
    Summarizer,
    SummaryRepository,
    AgentLoop,
    ModelSteps,
    ApprovalGate,
    ToolCalls,
    BusyIndicator,
    TokenCounter,
  ],
  exports: [TurnRunner, Commands, Summarizer],
})
export class AgentModule {}
