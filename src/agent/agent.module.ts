import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { BudgetModule } from '../budget/budget.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { LeaseModule } from '../lease/lease.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { MovesModule } from '../moves/moves.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { AfterRun } from './turn/after-run.js';
import { AgentLoop } from './turn/agent-loop.js';
import { ApprovalGate } from './approvals/approval-gate.js';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { Backgrounds } from './context/background.repository.js';
import { BusyIndicator } from './turn/busy-indicator.js';
import { CallAdmission } from './guard/call-admission.js';
import { ChatSettings } from './commands/chat-settings.js';
import { CommandAnswers } from './commands/command-answers.js';
import { Commands } from './commands/commands.service.js';
import { ContextBuilder } from './context/context-builder.js';
import { Edits } from './busy/edits.repository.js';
import { InterruptionRepository } from './busy/interruption.repository.js';
import { Interruptions } from './busy/interruptions.service.js';
import { EventClaim } from './turn/event-claim.js';
import { ClaimTries } from './tries/claim-tries.js';
import { EventTries } from './tries/event-tries.service.js';
import { EventTriesRepository } from './tries/event-tries.repository.js';
import { EventReader } from './turn/event-reader.js';
import { Corrections } from './corrections/corrections.repository.js';
import { Happenings } from './happenings/happenings.repository.js';
import { IsolatedRuns } from './isolation/isolated-runs.service.js';
import { FinalAnswers } from './turn/final-answers.js';
import { HistoryReader } from './context/history-reader.js';
import { LiveReplies } from './live/live-replies.js';
import { McpModule } from './mcp/mcp.module.js';
import { ModelModule } from './model/model.module.js';
import { ModelSteps } from './turn/model-steps.js';
import { Newcomers } from './busy/newcomers.js';
import { AttachmentRepository } from './attachments/attachment.repository.js';
import { Attachments } from './attachments/attachments.service.js';
import { FileReader } from './attachments/file-reader.js';
import { Pictures } from './attachments/pictures.js';
import { Transcriber } from './attachments/transcriber.js';
import { Opening } from './turn/opening.js';
import { OutputCheck } from './guard/output-check.js';
import { ScheduleList } from './commands/schedule-list.js';
import { StepRepository } from './turn/step.repository.js';
import { Summarizer } from './summaries/summarizer.js';
import { SummaryRepository } from './summaries/summary.repository.js';
import { TokenCounter } from './context/token-counter.js';
import { ToolCalls } from './turn/tool-calls.js';
import { ToolPermissions } from './guard/tool-permissions.js';
import { ToolsModule } from './tools/tools.module.js';
import { TurnEndings } from './turn/turn-endings.repository.js';
import { TurnMetrics } from './turn/turn-metrics.js';
import { TurnReaction } from './turn/turn-reaction.js';
import { TurnRepository } from './turn/turn.repository.js';
import { TurnRunner } from './turn/turn-runner.js';
import { TurnStopModule } from './turn/turn-stop.module.js';
import { TurnWatch } from './turn/turn-watch.js';
import { TurnWork } from './turn/turn-work.js';
import { TurnWatchRepository } from './turn/turn-watch.repository.js';
import { UnsentAnswers } from './commands/unsent-answers.js';
import { WaitingCommandRepository } from './commands/waiting-commands.repository.js';
import { Uninvited } from './turn/uninvited.js';
import { WaitNotices } from './waiting/wait-notices.js';

@Module({
  imports: [
    AccessModule,
    ApprovalsModule,
    MemoryModule,
    LeaseModule,
    BudgetModule,
    DeliveryModule,
    McpModule,
    ModelModule,
    MovesModule,
    SchedulesModule,
    ToolsModule,
    TurnStopModule,
  ],
  providers: [
    AfterRun,
    Backgrounds,
    ChatSettings,
    Attachments,
    AttachmentRepository,
    FileReader,
    Transcriber,
    TurnMetrics,
    TurnRunner,
    TurnWork,
    TurnRepository,
    TurnEndings,
    StepRepository,
    Edits,
    EventClaim,
    EventTries,
    EventTriesRepository,
    ClaimTries,
    UnsentAnswers,
    WaitingCommandRepository,
    EventReader,
    LiveReplies,
    Happenings,
    Newcomers,
    Interruptions,
    InterruptionRepository,
    IsolatedRuns,
    TurnReaction,
    Opening,
    Pictures,
    TurnWatch,
    TurnWatchRepository,
    Uninvited,
    WaitNotices,
    CommandAnswers,
    Commands,
    ScheduleList,
    ContextBuilder,
    Corrections,
    HistoryReader,
    Summarizer,
    SummaryRepository,
    AgentLoop,
    ModelSteps,
    ApprovalGate,
    CallAdmission,
    FinalAnswers,
    OutputCheck,
    ToolPermissions,
    ToolCalls,
    BusyIndicator,
    TokenCounter,
  ],
  exports: [TurnRunner, Commands, Summarizer, WaitNotices],
})
export class AgentModule {}
