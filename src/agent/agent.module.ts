import { Module } from '@nestjs/common';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { SummariesModule } from './context/summaries/summaries.module.js';
import { LoopModule } from './loop/loop.module.js';
import { BuiltInToolsModule } from './tools/built-in/built-in-tools.module.js';
import { McpModule } from './tools/mcp/mcp.module.js';
import { TurnsModule } from './turns/turns.module.js';

/** The agent: runs turns, handles commands, keeps summaries. It knows neither HTTP, nor the queue, nor Telegram. */
@Module({
  imports: [
    ApprovalsModule,
    CommandsModule,
    LoopModule,
    SummariesModule,
    TurnsModule,
    BuiltInToolsModule,
    McpModule,
  ],
  exports: [ApprovalsModule, CommandsModule, LoopModule, SummariesModule, TurnsModule],
})
export class AgentModule {}
