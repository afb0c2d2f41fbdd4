import { Worker } from 'bullmq';
import { Api } from 'grammy';
import OpenAI from 'openai';
import { Pool } from 'pg';

/**
 * The floor of a turn: the least that a durable answer costs. One BullMQ job a message; the history is read, the model
 * asked, message and answer committed, the answer sent and the send recorded: 5 statements, 3 commits. No conversation
 * waits for another run of its own, nothing is tried again. It has the clients that one would take, and that the product
 * has: what is compared is not theirs.
 */
export interface FloorMessage {
  readonly chatId: number;
  readonly text: string;
}

const { DATABASE_URL: connectionString, REDIS_URL: url = '', OUTSIDE: outside = '' } = process.env;
const CONCURRENCY = 10;
const HISTORY = 20;

const model = new OpenAI({ baseURL: `${outside}/v1`, apiKey: 'bench', maxRetries: 0 });
const bot = new Api('1:bench', { apiRoot: outside });
const pool = new Pool({ connectionString, max: CONCURRENCY });
await pool.query(`
  CREATE TABLE messages (id bigserial PRIMARY KEY, chat_id bigint NOT NULL, role text NOT NULL, text text NOT NULL, sent_id bigint);
  CREATE INDEX ON messages (chat_id, id)`);

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
  const { rows } = await pool.query<{ role: 'user' | 'assistant'; text: string }>({
    name: 'history',
    text: 'SELECT role, text FROM messages WHERE chat_id = $1 ORDER BY id DESC LIMIT $2',
    values: [chatId, HISTORY],
  });
  const past = rows.toReversed().map((row) => ({ role: row.role, content: row.text }));
  const messages = [...past, { role: 'user' as const, content: text }];
  const { choices } = await model.chat.completions.create({ model: 'bench', messages });
  const content = choices[0]?.message.content ?? '';
  const id = await commit(message, content);
  const sent = await bot.sendMessage(chatId, content);
  await pool.query({
    name: 'record',
    text: 'UPDATE messages SET sent_id = $1 WHERE id = $2',
    values: [sent.message_id, id],
  });
}

const worker = new Worker<FloorMessage>('floor', (job) => answer(job.data), {
  connection: { url, maxRetriesPerRequest: null },
  concurrency: CONCURRENCY,
});
await worker.waitUntilReady();
// It has no port; whoever starts it waits for this line.
process.stdout.write('listening http://127.0.0.1:0\n');
