import { type CountTokens, messageTokens } from '../context/context.js';
import type { ModelAnswer } from './model-answer.js';
import type { ModelRequest } from '../model/model-client.js';

/** What a request comes to before it is sent: a little more than a provider counts, since it is counted as JSON. */
export function requestTokens({ messages, tools }: ModelRequest, count: CountTokens): number {
  return messageTokens(messages, count) + (tools ? count(JSON.stringify(tools)) : 0);
}

/** Servers are compatible to a degree: where one tells no usage it is counted here, so that no budget is passed by. */
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
