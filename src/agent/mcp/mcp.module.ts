import { Module } from '@nestjs/common';
import { McpSettings } from '../../config/mcp.settings.js';
import { Clock } from '../../runtime/clock.js';
import { Random } from '../../runtime/random.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { ToolsModule } from '../tools/tools.module.js';
import { makeMcpServers, McpServers } from './mcp-servers.service.js';

/** Gives the model the tools of MCP servers: docs/tools.md. */
@Module({
  imports: [ToolsModule],
  providers: [
    { provide: McpServers, inject: [McpSettings, ToolRegistry, Clock, Random], useFactory: makeMcpServers },
  ],
})
export class McpModule {}
