import type { Sender } from '../../channel/inbound.js';

/** The context of a tool call. */
export interface ToolContext {
  readonly conversationId: string;
  readonly turnId: string;
  /**
   * The same for every try of this one call, and for no other call: give it to a service that deduplicates, so that a
   * turn taken over after a crash has its effect once.
   */
  readonly idempotencyKey: string;
  /** The author of the turn's newest message; null if the channel does not say. */
  readonly sender: Sender | null;
  /** IETF tag as the channel reports it, e.g. `en` or `pt-br`. */
  readonly languageCode: string | null;
  /**
   * Reports the progress of the call. Costs nothing, however often it is called; shown where the chat sees streamed
   * replies.
   */
  readonly progress: (progress: ToolProgress) => void;
}

/** The progress of a call: in words, or in numbers such as 3 of 10. */
export type ToolProgress =
  { readonly note: string } | { readonly done: number; readonly total: number; readonly note?: string };

/** The model's result. Storable in PostgreSQL's json: no NUL, no lone surrogate. */
export interface ToolResult {
  readonly output: string;
  /** A stable code when the tool did not do its work; null when it did. */
  readonly error: string | null;
}

/**
 * A method marked with `@Tool()`. A string goes to the model as it is, anything else as JSON. Throw to explain a
 * failure to the model: a `GiveUpError`'s code is recorded, any other error is recorded as `TOOL_FAILED`.
 * @param signal aborted when the tool's time is up or its turn is cancelled
 */
export type ToolHandler<P extends object> = (
  parameters: P,
  context: ToolContext,
  signal: AbortSignal,
) => unknown;
