import type { RegisteredTool } from './tool-registry.js';

/** Tools that come and go while the application runs. */
export interface ToolSource {
  /** Those that can be called now. */
  tools(): readonly RegisteredTool[];
  /**
   * Resolves when the tool of this name is there, when it is not expected soon, or when it is none of this source's. Takes
   * some seconds at most, and none when `signal` is aborted.
   */
  ready(name: string, signal: AbortSignal): Promise<void>;
  /** A sentence for the model: why the tool of this name is away. Null where it is none of this source's. */
  absence(name: string): string | null;
}
