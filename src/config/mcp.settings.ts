import { IsNotEmpty, IsOptional } from 'class-validator';
import type { McpServerSettings } from './mcp-file.js';
import { FromEnv } from './variable.js';

/** Servers whose tools the model gets besides the built-in ones (Model Context Protocol). */
export class McpSettings {
  @FromEnv('MCP_CONFIG_FILE', {
    description: 'a JSON file with MCP servers, {"mcpServers": {...}}, whose tools the model may call',
    example: './mcp.json',
  })
  @IsOptional()
  @IsNotEmpty()
  configFile?: string;

  /** What the file says, those left out that it disables. */
  servers: readonly McpServerSettings[] = [];

  /** What the file took from the environment, and every header: never printed. */
  secrets: readonly string[] = [];
}
