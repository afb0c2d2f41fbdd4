import type { LoggerService } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { readMcpFile } from '../../src/agent/tools/mcp/mcp-file.js';
import { McpSettings } from '../../src/agent/tools/mcp/mcp.settings.js';
import { makeMcpServers, McpServersService } from '../../src/agent/tools/mcp/mcp-servers.service.js';
import type { ToolResult } from '../../src/agent/tools/tool-context.js';
import { ToolRegistry } from '../../src/agent/tools/tool-registry.js';
import { ToolRunner } from '../../src/agent/tools/tool-runner.js';
import { eventually } from './eventually.js';
import { McpFolder } from './mcp-everything.js';
import { NoJitter, SteeredClock } from './steered.js';
import { toolContext } from './tool-context.js';
import { noSecrets } from './error-texts.js';
import { Redactor } from '../../src/platform/errors/redactor.js';

/** Configured MCP servers, and their tools for the model. */
export class McpFixture {
  readonly clock = new SteeredClock();
  private module: TestingModule | undefined;

  private constructor(readonly folder: McpFolder) {}

  static async make(): Promise<McpFixture> {
    return new McpFixture(await McpFolder.make());
  }

  /** @param wishes providers with tools of our own; who gets what is logged */
  async start(
    servers: object,
    { tools = [], logger }: { tools?: readonly (new () => object)[]; logger?: LoggerService } = {},
  ): Promise<void> {
    await this.stop();
    const read = readMcpFile(await this.folder.file(servers), process.env);
    if (read.problems.length > 0) throw new Error(read.problems.join('; '));
    const settings = Object.assign(new McpSettings(), { servers: read.servers });
    const builder = Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ToolRegistry,
        ToolRunner,
        { provide: Redactor, useValue: noSecrets },
        ...tools,
        {
          provide: McpServersService,
          inject: [ToolRegistry],
          useFactory: (registry: ToolRegistry) =>
            makeMcpServers(settings, registry, this.clock, new NoJitter()),
        },
      ],
    });
    if (logger) builder.setLogger(logger);
    this.module = await builder.compile();
    await this.module.init();
  }

  get registry(): ToolRegistry {
    if (!this.module) throw new Error('start it first');
    return this.module.get(ToolRegistry);
  }

  names(): string[] {
    return this.registry.definitions().map((tool) => tool.function.name);
  }

  /** Waits until the model is offered this tool. */
  async offered(name: string): Promise<void> {
    await eventually(() => {
      if (!this.names().includes(name)) throw new Error(`offered: ${this.names().join(', ')}`);
    });
  }

  /** Makes a call as a turn does. */
  async call(name: string, given: object = {}, signal = new AbortController().signal): Promise<ToolResult> {
    const runner = this.module?.get(ToolRunner);
    if (!runner) throw new Error('start it first');
    const call = { id: 'call_1', name, arguments: JSON.stringify(given) };
    await runner.ready(call, signal);
    return await runner.run(call, toolContext(), signal);
  }

  async stop(): Promise<void> {
    await this.module?.close();
    this.module = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.folder.remove();
  }
}
