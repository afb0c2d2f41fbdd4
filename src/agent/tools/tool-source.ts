import type { RegisteredTool } from './tool-registry.js';

/** Tools that come and go while the application runs. */
export interface ToolSource {
  /** The tools that can be called now. */
  tools(): readonly RegisteredTool[];
  /**
   * Resolves when the tool of this name is there, when it is not expected soon, or when this source does not know it.
   * Takes some seconds at most, and none when `signal` is aborted.
   */
  ready(name: string, signal: AbortSignal): Promise<void>;
  /** A sentence for the model: why the tool of this name is unavailable. Null if this source does not know it. */
  absence(name: string): string | null;
}
