import { cleanOutput, cut } from '../../tools/tool-output.js';
import type { ToolResult } from '../../tools/tool-context.js';

/** The results that the model gets for refused calls. */
export const callRefusals = {
  /** @param permitted the names of the tools that may be used */
  notPermitted: (name: string, permitted: readonly string[]): ToolResult => ({
    output: `Not called: ${cleanOutput(cut(name, 64))} may not be used here. ${offer(permitted)}`,
    error: 'TOOL_NOT_PERMITTED',
  }),
  unknown: (name: string, permitted: readonly string[]): ToolResult => ({
    output: `There is no tool "${cleanOutput(cut(name, 64))}". ${offer(permitted)}`,
    error: 'TOOL_UNKNOWN',
  }),
  /** @param why it cannot be called now */
  away: (why: string, permitted: readonly string[]): ToolResult => ({
    output: `${why} ${offer(permitted)}`,
    error: 'TOOL_UNAVAILABLE',
  }),
  repeated: (name: string): ToolResult => ({
    output:
      `Not called: you have asked ${cleanOutput(cut(name, 64))} for exactly this twice already, and its results stand above. ` +
      'Asking again will not change them. Answer the user now with what you know, and say what you could not find out.',
    error: 'TOOL_LOOP',
  }),
} as const;

const offer = (names: readonly string[]): string =>
  names.length > 0 ? `The tools are: ${names.join(', ')}.` : 'There are no tools to use here.';
