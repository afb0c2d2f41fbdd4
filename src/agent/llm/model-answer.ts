import type { CallUsage } from '../../budget/call-usage.js';

/** One tool call of the model; `arguments` is the model's text, whatever it is. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** The result of one model call, as its step keeps it. */
export interface ModelAnswer extends CallUsage {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string;
}

/** The result of one tool call, as its step keeps it. */
export interface ToolAnswer {
  readonly callId: string;
  readonly output: string;
}

/** Reads a model step back from the database. @throws if it is malformed: only we write steps */
export function readModelAnswer(result: unknown): ModelAnswer {
  const fields = recordOf(result);
  return {
    content: textOrNull(fields.content),
    refusal: textOrNull(fields.refusal),
    toolCalls: listOf(fields.toolCalls).map(readToolCall),
    finishReason: textOf(fields.finishReason),
    model: textOf(fields.model),
    inputTokens: Number(fields.inputTokens ?? 0),
    cachedTokens: Number(fields.cachedTokens ?? 0),
    cacheWriteTokens: Number(fields.cacheWriteTokens ?? 0),
    outputTokens: Number(fields.outputTokens ?? 0),
  };
}

/**
 * Whether the request of a model step contained text from outside. As its step keeps it; steps of older versions do not
 * say.
 */
export const readInfluence = (result: unknown): 'people' | 'outside' =>
  recordOf(result)['influence'] === 'outside' ? 'outside' : 'people';

/** Reads a tool step back from the database. @throws if it is malformed */
export function readToolAnswer(result: unknown): ToolAnswer {
  const fields = recordOf(result);
  return { callId: textOf(fields.callId), output: textOf(fields.output) };
}

function readToolCall(value: unknown): ToolCall {
  const fields = recordOf(value);
  return { id: textOf(fields.id), name: textOf(fields.name), arguments: textOf(fields.arguments) };
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('not a step’s result');
  return { ...value };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const textOf = (value: unknown): string => textOrNull(value) ?? '';
