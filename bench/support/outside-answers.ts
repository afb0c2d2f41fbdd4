import type { ServerResponse } from 'node:http';

/** The shortest answers of a model and a Bot API: for the outsides of the benchmarks. */
let messageId = 0;

/** Answers a request of the worker by its address: a completion, or the Bot API's answer to the method. */
export function answer(response: ServerResponse, url: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(isForModel(url) ? completion() : botAnswer(url)));
}

export const isForModel = (url: string): boolean => url.endsWith('/chat/completions');

function completion(): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model: 'bench',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Here you are.' } }],
    usage: { prompt_tokens: 100, completion_tokens: 4, total_tokens: 104 },
  };
}

function botAnswer(url: string): object {
  if (url.endsWith('/getMe')) {
    return { ok: true, result: { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' } };
  }
  if (!url.endsWith('/sendMessage')) return { ok: true, result: true };
  messageId += 1;
  const chat = { id: 1, type: 'private', first_name: 'Maria' };
  return {
    ok: true,
    result: { message_id: messageId, date: Math.floor(Date.now() / 1_000), chat, text: '…' },
  };
}
