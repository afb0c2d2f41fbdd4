import { APIError } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import type { TokenUsage } from '../../budget/amount.js';
import type { ModelAnswer } from './model-answer.js';

/**
 * Reads a completion. Servers are compatible to a degree: every field is checked before it is used.
 * @throws Error if it is no completion
 * @throws APIError if it is an error that was sent with the status 200
 */
export function readCompletion(completion: ChatCompletion, model: string): ModelAnswer {
  const choices: unknown = completion?.choices;
  const choice = Array.isArray(choices) ? completion.choices[0] : undefined;
  if (!choice?.message) throw errorIn(completion) ?? new Error('no choices in the answer');
  const { message } = choice;
  return {
    content: typeof message.content === 'string' ? clean(message.content) : null,
    refusal: typeof message.refusal === 'string' ? clean(message.refusal) : null,
    toolCalls: (message.tool_calls ?? []).flatMap((call) =>
      // Some servers leave the type out.
      'function' in call
        ? [
            {
              id: text(call.id),
              name: text(call.function?.name),
              arguments: clean(argumentsOf(call.function?.arguments)),
            },
          ]
        : [],
    ),
    finishReason: text(choice.finish_reason) || 'stop',
    model: text(completion.model) || model,
    ...usageOf(completion.usage),
  };
}

/** A content filter that stops the request answers with an error, one that stops the answer with this. */
export function filteredAnswer(model: string): ModelAnswer {
  return {
    content: null,
    refusal: null,
    toolCalls: [],
    finishReason: 'content_filter',
    model,
    inputTokens: 0,
    outputTokens: 0,
  };
}

/** Text; some servers give an object. */
export function argumentsOf(given: unknown): string {
  if (typeof given === 'string') return given;
  return typeof given === 'object' && given !== null ? JSON.stringify(given) : '';
}

function errorIn(completion: unknown): APIError | null {
  const error: unknown = Reflect.get(Object(completion), 'error');
  return typeof error === 'object' && error !== null
    ? new APIError(undefined, error, undefined, undefined)
    : null;
}

/** Tokens read from a cache and written to it are parts of the input, whatever a server says. */
function usageOf(usage: ChatCompletion['usage']): TokenUsage {
  const inputTokens = tokens(usage?.prompt_tokens);
  const { cached_tokens, cache_write_tokens } = usage?.prompt_tokens_details ?? {};
  const cachedTokens = Math.min(tokens(cached_tokens), inputTokens);
  const cacheWriteTokens = Math.min(tokens(cache_write_tokens), inputTokens - cachedTokens);
  return { inputTokens, cachedTokens, cacheWriteTokens, outputTokens: tokens(usage?.completion_tokens) };
}

const MAX_TOKENS = 2 ** 31 - 1;
const tokens = (value: unknown): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : 0;

const text = (value: unknown): string => (typeof value === 'string' ? clean(value) : '');

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
const clean = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();
