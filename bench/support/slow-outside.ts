import { createServer } from 'node:http';
import { answer, isForModel } from './outside-answers.js';

/**
 * The slowest outside of a worker: a model that takes ten seconds for every answer, and a Bot API that accepts
 * everything. Both at one address.
 */
const MODEL_MS = 10_000;

const server = createServer((request, response) => {
  const url = request.url ?? '';
  request.resume();
  request.on('end', () => {
    if (isForModel(url)) setTimeout(() => answer(response, url), MODEL_MS);
    else answer(response, url);
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});
