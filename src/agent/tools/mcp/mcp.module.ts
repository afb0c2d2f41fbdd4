import { Module } from '@nestjs/common';
import { McpSettings } from './mcp.settings.js';
import { Clock } from '../../../platform/runtime/clock.js';
import { Random } from '../../../platform/runtime/random.js';
import { ToolRegistry } from '../tool-registry.js';
import { ToolsModule } from '../tools.module.js';
import { makeMcpServers, McpServersService } from './mcp-servers.service.js';

/** Gives the model the tools of MCP servers: docs/tools.md. */
@Module({
  imports: [ToolsModule],
  providers: [
    {
      provide: McpServersService,
      inject: [McpSettings, ToolRegistry, Clock, Random],
      useFactory: makeMcpServers,
    },
  ],
})
export class McpModule {}
