import { setImmediate } from 'node:timers/promises';
import type { McpServerSettings } from './mcp-file.js';
import { type McpTool, readTool, type ToolReading } from './mcp-tool.js';

/**
 * Reads the lists of one server. Compiling the argument checks of one tool takes some milliseconds, and a list may have
 * hundreds: so other work runs in between, and only the new entries of a changed list are read.
 */
export class ListReader {
  private known: ReadonlyMap<string, ToolReading> = new Map();

  constructor(
    private readonly server: McpServerSettings,
    private readonly call: (tool: McpTool, parameters: object, signal: AbortSignal) => Promise<string>,
  ) {}

  /** @returns the reading of each entry, in order */
  async read(listed: readonly unknown[]): Promise<readonly ToolReading[]> {
    const readings = new Map<string, ToolReading>();
    for (const entry of listed) {
      const text = JSON.stringify(entry) ?? '';
      const known = this.known.get(text);
      readings.set(text, known === undefined ? readTool(entry, this.server, this.call) : known);
      if (known === undefined) await setImmediate();
    }
    this.known = readings;
    return [...readings.values()];
  }
}
