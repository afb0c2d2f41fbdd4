import { type CountTokens, messageTokens } from './context.js';
import type { ModelAnswer } from '../llm/model-answer.js';
import type { ModelRequest } from '../llm/model-client.js';

/**
 * Estimates a request's tokens before it is sent: a little more than a provider counts, since it is counted as JSON.
 */
export function requestTokens({ messages, tools }: ModelRequest, count: CountTokens): number {
  return messageTokens(messages, count) + (tools ? count(JSON.stringify(tools)) : 0);
}

/** Adds an estimated usage if the server reports none, so that no budget is bypassed. */
export function withUsage(answer: ModelAnswer, request: ModelRequest, count: CountTokens): ModelAnswer {
  if (answer.inputTokens > 0 || answer.outputTokens > 0) return answer;
  const { content, refusal, toolCalls } = answer;
  const said = [content, refusal, ...toolCalls.map((call) => JSON.stringify(call))].filter(Boolean);
  return {
    ...answer,
    inputTokens: requestTokens(request, count),
    outputTokens: said.reduce((sum, text) => sum + count(text ?? ''), 0),
  };
}
