import { createServer } from 'node:http';

/**
 * The outside of a worker, as slow as it gets: a model that takes ten seconds for every answer, and a Bot API that
 * takes everything. Both at one address.
 */
const MODEL_MS = 10_000;

let messageId = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const forModel = request.url?.endsWith('/chat/completions') === true;
    const answer = () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(forModel ? completion() : botAnswer(request.url ?? '')));
    };
    if (forModel) setTimeout(answer, MODEL_MS);
    else answer();
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});

function completion(): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model: 'slow',
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
