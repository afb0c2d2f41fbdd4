import type { ToolResult } from './tool-context.js';

/** The call was begun, and its outcome is unknown. */
export const TOOL_OUTCOME_UNKNOWN = 'TOOL_OUTCOME_UNKNOWN';

/** The result of an interrupted call that must not be repeated. */
export function unknownOutcome(tool: string): ToolResult {
  return {
    output:
      `The outcome of this call is unknown: ${tool} was begun and then interrupted, so it may or may not have had its ` +
      'effect. It was not made again. Do not repeat it by yourself: check whether it had its effect where you can, ' +
      'else tell the user that it is uncertain.',
    error: TOOL_OUTCOME_UNKNOWN,
  };
}
