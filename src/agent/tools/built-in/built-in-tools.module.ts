import { Module } from '@nestjs/common';
import { MemoryModule } from '../../../memory/memory.module.js';
import { SchedulesModule } from '../../../schedules/schedules.module.js';
import { WebModule } from '../web/web.module.js';
import { CalculateTool } from './calculate.tool.js';
import { CurrentTimeTool } from './current-time.tool.js';
import { FactsTool } from './facts.tool.js';
import { FetchUrlTool } from './fetch-url.tool.js';
import { SchedulesTool } from './schedules.tool.js';
import { SearchHistoryTool } from './search-history.tool.js';
import { StaySilentTool } from './stay-silent.tool.js';

/** The built-in tools. A new tool is a file in this folder and a line in `providers`: docs/tools.md. */
@Module({
  imports: [MemoryModule, SchedulesModule, WebModule],
  providers: [
    CalculateTool,
    CurrentTimeTool,
    FactsTool,
    FetchUrlTool,
    SchedulesTool,
    SearchHistoryTool,
    StaySilentTool,
  ],
})
export class BuiltInToolsModule {}
