import { createServer } from 'node:http';
import { answer, isForModel } from './outside-answers.js';

/**
 * The outside of a worker, as slow as it gets: a model that takes ten seconds for every answer, and a Bot API that
 * takes everything. Both at one address.
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
