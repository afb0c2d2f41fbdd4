import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ToolRegistry } from './tool-registry.js';
import { ToolRunner } from './tool-runner.js';

/** The tools of the model: every method with `@Tool()` of any provider, and those of MCP servers. */
@Module({
  imports: [DiscoveryModule],
  providers: [ToolRegistry, ToolRunner],
  exports: [ToolRegistry, ToolRunner],
})
export class ToolsModule {}
