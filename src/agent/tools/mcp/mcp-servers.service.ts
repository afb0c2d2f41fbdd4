import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { McpSettings } from './mcp.settings.js';
import type { Clock } from '../../../platform/runtime/clock.js';
import type { Random } from '../../../platform/runtime/random.js';
import type { RegisteredTool, ToolRegistry, ToolSource } from '../tool-registry.js';
import type { McpServer } from './mcp-server.js';
import { prefixOf } from './tool-name.js';

/** OpenAI's API takes at most 128 tools in one request, and refuses a longer list. */
export const MAX_MCP_TOOLS = 100;

/** The configured MCP servers: connected in the background while the application runs, their tools as of now. */
export class McpServersService implements ToolSource, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(McpServersService.name);
  private readonly servers: ReadonlyMap<string, McpServer>;
  private readonly ending = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private tooMany = false;

  constructor(servers: readonly McpServer[]) {
    this.servers = new Map(servers.map((server) => [server.settings.prefix, server]));
  }

  /** Connects in the background: an unavailable server delays no start. */
  onApplicationBootstrap(): void {
    this.running = Promise.all([...this.servers.values()].map((server) => server.run(this.ending.signal)));
  }

  /** Disconnects, after the running turns have ended or are handed back. */
  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  tools(): readonly RegisteredTool[] {
    const all = [...this.servers.values()].flatMap(({ tools }) => tools);
    const tooMany = all.length > MAX_MCP_TOOLS;
    if (tooMany && !this.tooMany)
      this.logger.warn({ msg: 'mcp tools left out', tools: all.length, offered: MAX_MCP_TOOLS });
    this.tooMany = tooMany;
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_MCP_TOOLS);
  }

  async ready(name: string, signal: AbortSignal): Promise<void> {
    await this.serverOf(name)?.ready(signal);
  }

  absence(name: string): string | null {
    return this.serverOf(name)?.absenceOf(name) ?? null;
  }

  private serverOf(name: string): McpServer | undefined {
    return this.servers.get(prefixOf(name));
  }
}

/** Loads the SDK only if it is needed: it takes some 0.3 s and 25 MB. */
export async function makeMcpServers(
  { servers }: McpSettings,
  registry: ToolRegistry,
  clock: Clock,
  random: Random,
): Promise<McpServersService> {
  if (servers.length === 0) return new McpServersService([]);
  const { McpServer } = await import('./mcp-server.js');
  const made = new McpServersService(servers.map((server) => new McpServer(server, clock, random)));
  registry.add(made);
  return made;
}
