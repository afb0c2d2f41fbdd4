import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'pg';

/**
 * The durable floor: the least that can be done for a promise to keep an update. Bare node:http, JSON.parse, and one
 * multi-row INSERT at a time for all requests that wait; the answer follows the commit. No secret, no chats, no limits, no queue.
 */
const IN_FLIGHT = 1;
const MAX_BATCH = 250;

interface Waiting {
  readonly updateId: number;
  readonly chatId: number;
  readonly text: string;
  readonly response: ServerResponse;
}

const ACCEPTED = '{"status":"queued"}';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: IN_FLIGHT });
await pool.query(
  'CREATE TABLE updates (update_id bigint PRIMARY KEY, chat_id bigint NOT NULL, payload json NOT NULL)',
);

let waiting: Waiting[] = [];
let inFlight = 0;
let scheduled = false;

function receive(request: IncomingMessage, response: ServerResponse): void {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const update: { update_id: number; message: { chat: { id: number } } } = JSON.parse(text);
    waiting.push({ updateId: update.update_id, chatId: update.message.chat.id, text, response });
    schedule();
  });
}

function schedule(): void {
  if (scheduled || inFlight >= IN_FLIGHT) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    void commit();
  });
}

async function commit(): Promise<void> {
  const batch = waiting.slice(0, MAX_BATCH);
  waiting = waiting.slice(MAX_BATCH);
  inFlight += 1;
  await pool.query({
    name: 'store',
    text: `INSERT INTO updates SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::json[])
           ON CONFLICT (update_id) DO NOTHING`,
    values: [
      batch.map(({ updateId }) => updateId),
      batch.map(({ chatId }) => chatId),
      batch.map(({ text }) => text),
    ],
  });
  inFlight -= 1;
  for (const { response } of batch) answer(response);
  if (waiting.length > 0) schedule();
}

function answer(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': ACCEPTED.length });
  response.end(ACCEPTED);
}

const server = createServer(receive).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`listening http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});
