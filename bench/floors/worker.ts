import { Worker } from 'bullmq';
import { Pool } from 'pg';

/**
 * The floor of a turn: the least that a durable answer costs. One BullMQ job a message; the history is read, the model
 * asked, message and answer committed, the answer sent and the send recorded: 5 statements, 3 commits. No conversation
 * waits for another run of its own, nothing is tried again.
 */
export interface FloorMessage {
  readonly chatId: number;
  readonly text: string;
}

const { DATABASE_URL: connectionString, REDIS_URL: url = '', OUTSIDE: outside = '' } = process.env;
const CONCURRENCY = 10;
const HISTORY = 20;

const pool = new Pool({ connectionString, max: CONCURRENCY });
await pool.query(`
  CREATE TABLE messages (id bigserial PRIMARY KEY, chat_id bigint NOT NULL, role text NOT NULL, text text NOT NULL, sent_id bigint);
  CREATE INDEX ON messages (chat_id, id)`);

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${outside}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer: Answer = JSON.parse(await response.text());
  return answer;
}

/** Both in one transaction. @returns the answer's id */
async function commit({ chatId, text }: FloorMessage, answer: string): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>({
      name: 'commit',
      text: `INSERT INTO messages (chat_id, role, text) VALUES ($1, 'user', $2), ($1, 'assistant', $3) RETURNING id`,
      values: [chatId, text, answer],
    });
    await client.query('COMMIT');
    return rows[1]?.id ?? '';
  } finally {
    client.release();
  }
}

async function answer(message: FloorMessage): Promise<void> {
  const { chatId, text } = message;
  const { rows } = await pool.query<{ role: string; text: string }>({
    name: 'history',
    text: 'SELECT role, text FROM messages WHERE chat_id = $1 ORDER BY id DESC LIMIT $2',
    values: [chatId, HISTORY],
  });
  const past = rows.toReversed().map((row) => ({ role: row.role, content: row.text }));
  const messages = [...past, { role: 'user', content: text }];
  const { choices } = await post<{ choices: { message: { content: string } }[] }>('/v1/chat/completions', {
    model: 'bench',
    messages,
  });
  const content = choices[0]?.message.content ?? '';
  const id = await commit(message, content);
  const { result } = await post<{ result: { message_id: number } }>('/bot1:bench/sendMessage', {
    chat_id: chatId,
    text: content,
  });
  await pool.query({
    name: 'record',
    text: 'UPDATE messages SET sent_id = $1 WHERE id = $2',
    values: [result.message_id, id],
  });
}

const worker = new Worker<FloorMessage>('floor', (job) => answer(job.data), {
  connection: { url, maxRetriesPerRequest: null },
  concurrency: CONCURRENCY,
});
await worker.waitUntilReady();
// It has no port; whoever starts it waits for this line.
process.stdout.write('listening http://127.0.0.1:0\n');
