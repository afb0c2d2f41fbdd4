import { createServer, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';

/**
 * The floor of the usual design: bare node:http, JSON.parse, LPUSH to a list. It is as durable as that Redis, keeps a
 * repeated update twice, and knows no conversations. LPUSHes of one turn of the event loop share a write.
 */
const ACCEPTED = '{"status":"queued"}';

const redis = new Redis(process.env.REDIS_URL ?? '', { enableAutoPipelining: true });
await redis.ping();

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    JSON.parse(text);
    void push(text, response);
  });
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});

async function push(text: string, response: ServerResponse): Promise<void> {
  await redis.lpush('updates', text);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': ACCEPTED.length });
  response.end(ACCEPTED);
}
