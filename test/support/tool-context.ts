import type { ToolContext } from '../../src/agent/tools/tool-context.js';

/** The context of a tool call, with one interesting difference. */
export function toolContext(change: Partial<ToolContext> = {}): ToolContext {
  return {
    conversationId: 'c1',
    turnId: 't1',
    idempotencyKey: 't1:3',
    sender: null,
    languageCode: null,
    progress: () => {},
    ...change,
  };
}
