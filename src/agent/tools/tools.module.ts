import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { MemoryModule } from '../../memory/memory.module.js';
import { SchedulesModule } from '../../schedules/schedules.module.js';
import { CalculateTool } from './built-in/calculate.tool.js';
import { CurrentTimeTool } from './built-in/current-time.tool.js';
import { FactsTool } from './built-in/facts.tool.js';
import { FetchUrlTool } from './built-in/fetch-url.tool.js';
import { SchedulesTool } from './built-in/schedules.tool.js';
import { SearchHistoryTool } from './built-in/search-history.tool.js';
import { ToolRegistry } from './tool-registry.js';
import { ToolRunner } from './tool-runner.js';
import { WebModule } from './web/web.module.js';

/** What the model may call. A new tool is a file in this folder and a line in `providers`: docs/tools.md. */
@Module({
  imports: [DiscoveryModule, MemoryModule, SchedulesModule, WebModule],
  providers: [
    ToolRegistry,
    ToolRunner,
    CurrentTimeTool,
    CalculateTool,
    FactsTool,
    SchedulesTool,
    SearchHistoryTool,
    FetchUrlTool,
  ],
  exports: [ToolRegistry, ToolRunner],
})
export class ToolsModule {}
