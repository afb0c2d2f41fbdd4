import type { ServerResponse } from 'node:http';
import type { ChatRequest, ToolCall } from './chat-request.js';

/** The model's output. */
export interface Completion {
  readonly id: string;
  readonly createdAt: Date;
  readonly content: string | null;
  readonly refusal?: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: 'stop' | 'tool_calls' | 'length' | 'content_filter';
}

/** Characters in one chunk of a stream. */
const CHUNK_LENGTH = 24;

/**
 * Answers a request: one JSON object, or server-sent events if a stream was requested.
 * Source: https://platform.openai.com/docs/api-reference/chat
 */
export function writeCompletion(
  response: ServerResponse,
  request: ChatRequest,
  completion: Completion,
): void {
  if (response.destroyed) return;
  if (request.stream) writeStream(response, request, completion);
  else writeJson(response, 200, wholeAnswer(request, completion));
}

export function writeJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An error in OpenAI's shape. */
export function writeError(response: ServerResponse, status: number, message: string): void {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  writeJson(response, status, { error: { message, type, param: null, code: null } });
}

function wholeAnswer(request: ChatRequest, completion: Completion): object {
  const { content, refusal, toolCalls, finishReason } = completion;
  const message = {
    role: 'assistant',
    content,
    refusal: refusal ?? null,
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallJson) }),
  };
  return {
    ...head(request, completion, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: usageOf(request, completion),
  };
}

function writeStream(response: ServerResponse, request: ChatRequest, completion: Completion): void {
  const { content, refusal, toolCalls, finishReason } = completion;
  const shared = head(request, completion, 'chat.completion.chunk');
  const send = (event: object) => response.write(`data: ${JSON.stringify({ ...shared, ...event })}\n\n`);
  const delta = (part: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: part, finish_reason: finish }] });

  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  delta({ role: 'assistant', content: content === null ? null : '' });
  for (const chunk of chunksOf(content ?? '')) delta({ content: chunk });
  for (const chunk of chunksOf(refusal ?? '')) delta({ refusal: chunk });
  for (const [index, call] of toolCalls.entries()) {
    const { id, type, function: called } = toolCallJson(call);
    delta({ tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }] });
    for (const chunk of chunksOf(called.arguments)) {
      delta({ tool_calls: [{ index, function: { arguments: chunk } }] });
    }
  }
  delta({}, finishReason);
  if (request.includeUsage) send({ choices: [], usage: usageOf(request, completion) });
  response.end('data: [DONE]\n\n');
}

function head({ model }: ChatRequest, { id, createdAt }: Completion, object: string) {
  return { id, object, created: Math.floor(createdAt.getTime() / 1000), model };
}

function toolCallJson({ id, name, arguments: args }: ToolCall) {
  return { id, type: 'function' as const, function: { name, arguments: args } };
}

/** Never cuts a surrogate pair: a chunk must be valid UTF-8. */
function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const character of text) {
    chunk += character;
    if (chunk.length < CHUNK_LENGTH) continue;
    chunks.push(chunk);
    chunk = '';
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

/** About four characters a token: near enough for a model that costs nothing. */
function usageOf({ messages }: ChatRequest, { content, toolCalls }: Completion) {
  const prompt = tokens(messages.map(({ text }) => text).join(' '));
  const completion = tokens((content ?? '') + toolCalls.map((call) => call.arguments).join(' '));
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}
