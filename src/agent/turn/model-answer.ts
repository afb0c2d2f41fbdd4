import type { ToolCall } from '../tools/tool-context.js';

/** What one model call gave, as it is kept in its step. */
export interface ModelAnswer {
  readonly content: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What one tool call gave, as it is kept in its step. */
export interface ToolAnswer {
  readonly callId: string;
  readonly output: string;
}

/** Reads a model step back from the database. @throws when it is none: a step's shape is ours alone */
export function readModelAnswer(result: unknown): ModelAnswer {
  const fields = recordOf(result);
  return {
    content: textOrNull(fields.content),
    refusal: textOrNull(fields.refusal),
    toolCalls: listOf(fields.toolCalls).map(readToolCall),
    finishReason: textOf(fields.finishReason),
    model: textOf(fields.model),
    inputTokens: Number(fields.inputTokens ?? 0),
    outputTokens: Number(fields.outputTokens ?? 0),
  };
}

/** Was text from outside in the request of a model step? As its step keeps it; steps of older versions say nothing. */
export const readInfluence = (result: unknown): 'people' | 'outside' =>
  recordOf(result)['influence'] === 'outside' ? 'outside' : 'people';

/** Reads a tool step back from the database. @throws when it is none */
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
