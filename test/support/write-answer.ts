import type { ServerResponse } from 'node:http';

/** The output of a scripted model. */
export interface Said {
  readonly id: string;
  readonly model: string;
  readonly finish: string;
  readonly content: string | null;
  readonly refusal?: string | null;
  readonly toolCalls?: readonly object[];
  readonly usage: object | null;
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** One JSON object. */
export function sendWhole(response: ServerResponse, said: Said): void {
  const { id, model, finish, content, refusal, toolCalls, usage } = said;
  const message = {
    role: 'assistant',
    content,
    ...(refusal !== undefined && { refusal }),
    ...(toolCalls && { tool_calls: toolCalls }),
  };
  sendJson(response, 200, {
    id,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, finish_reason: finish, logprobs: null, message }],
    ...(usage && { usage }),
  });
}

/**
 * Server-sent events, as OpenAI sends them (https://platform.openai.com/docs/api-reference/chat-streaming).
 * @param pause awaited before each piece of the text but the first
 */
export async function sendStream(
  response: ServerResponse,
  said: Said,
  pieces: readonly string[],
  pause: () => Promise<void>,
): Promise<void> {
  const { id, model, finish, refusal, toolCalls, usage } = said;
  const write = (choices: readonly object[], more: object = {}) => {
    const chunk = { id, object: 'chat.completion.chunk', created: 0, model, choices, ...more };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const delta = (change: object, reason: string | null = null) =>
    write([{ index: 0, delta: change, finish_reason: reason }]);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  delta({ role: 'assistant', ...(refusal !== undefined && { refusal }) });
  for (const [index, content] of pieces.entries()) {
    if (index > 0) await pause();
    delta({ content });
  }
  for (const [index, call] of (toolCalls ?? []).entries()) delta({ tool_calls: [{ index, ...call }] });
  delta({}, finish);
  if (usage) write([], { usage });
  response.end('data: [DONE]\n\n');
}
