import { IsNotEmpty, IsOptional } from 'class-validator';
import { type McpServerSettings, readMcpFile } from './mcp-file.js';
import type { Environment } from '../../../platform/config/read-settings.js';
import { FromEnv } from '../../../platform/config/variable.js';

/** The servers whose tools extend the built-in ones (Model Context Protocol). */
export class McpSettings {
  @FromEnv('MCP_CONFIG_FILE', {
    description: 'a JSON file with MCP servers, {"mcpServers": {...}}, whose tools the model may call',
    example: './mcp.json',
  })
  @IsOptional()
  @IsNotEmpty()
  configFile?: string;

  /** The servers of the file, without disabled ones. */
  servers: readonly McpServerSettings[] = [];

  /** The values that the file took from the environment, and every header: never printed. */
  secrets: readonly string[] = [];
}

/** @returns the faults of MCP_CONFIG_FILE */
export function readMcpServers(mcp: McpSettings, env: Environment): string[] {
  if (!mcp.configFile) return [];
  const file = readMcpFile(mcp.configFile, env);
  mcp.servers = file.servers;
  mcp.secrets = file.secrets;
  return file.problems.map((problem) => `MCP_CONFIG_FILE ${mcp.configFile}: ${problem}`);
}
