import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { GroupInsert, type Update } from './group-insert.js';

/**
 * The durable floor: the least work for a promise to keep an update. Bare node:http, JSON.parse, and one multi-row
 * INSERT at a time for all waiting requests; the answer follows the commit. No secret, no chats, no limits, no queue.
 */
const ACCEPTED = '{"status":"queued"}';

const inserts = await GroupInsert.open();

function receive(request: IncomingMessage, response: ServerResponse): void {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const update: Update = JSON.parse(text);
    inserts.add(update, text, () => answer(response));
  });
}

function answer(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': ACCEPTED.length });
  response.end(ACCEPTED);
}

const server = createServer(receive).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});
