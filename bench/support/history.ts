import { Client } from 'pg';

/** The size of a database's history, all of it finished. */
export interface HistorySize {
  readonly conversations: number;
  readonly events: number;
  /** Of two events each, with one reply. */
  readonly turns: number;
}

/** Fills a migrated database with finished work, and leaves it as autovacuum does. */
export async function fillWithHistory(
  url: string,
  { conversations, events, turns }: HistorySize,
): Promise<void> {
  await withClient(url, async (client) => {
    // The rows are valid by construction: their foreign keys need not be checked a million times.
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO conversations (id, channel, chat_id, chat_type, message_count)
       SELECT md5('chat' || n)::uuid, 'telegram', n, 'private', $2 FROM generate_series(0, $1::int - 1) AS n`,
      [conversations, Math.round((events + turns) / conversations)],
    );
    await client.query(
      `INSERT INTO turns (id, conversation_id, epoch, state, model, input_tokens, output_tokens, finished_at)
       SELECT md5('turn' || n)::uuid, md5('chat' || n % $2::int)::uuid, 0, 'done', 'bench', 900, 60, now()
       FROM generate_series(0, $1::int - 1) AS n`,
      [turns, conversations],
    );
    await client.query(
      `INSERT INTO events (source, external_id, conversation_id, kind, state, payload, turn_id)
       SELECT 'telegram', n, md5('chat' || n / 2 % $2::int)::uuid, 'message', 'done', $3::json,
              md5('turn' || n / 2)::uuid
       FROM generate_series(0, $1::int - 1) AS n`,
      [events, conversations, PAYLOAD],
    );
    await client.query(
      `INSERT INTO replies (conversation_id, turn_id, body, state, attempts, channel_message_id, settled_at)
       SELECT md5('chat' || n % $2::int)::uuid, md5('turn' || n)::uuid, '{"text": "Here you are."}', 'sent', 1, n, now()
       FROM generate_series(0, $1::int - 1) AS n`,
      [turns, conversations],
    );
    await client.query(
      `INSERT INTO leases (conversation_id, lane, token, expires_at)
       SELECT id, lane, 50, '-infinity' FROM conversations, unnest(enum_range(NULL::lane)) AS lane`,
    );
    await client.query(
      `INSERT INTO summaries (conversation_id, epoch, text, covers_until, tokens)
       SELECT id, 0, 'They spoke of percentages.', 1, 6 FROM conversations`,
    );
    await client.query('VACUUM ANALYZE');
  });
}

/**
 * One more message to every conversation, answered and sent, `rounds` times, with every intermediate state committed,
 * and without a vacuum: the indexes of unfinished rows are then full of entries of finished ones.
 */
export async function liveOn(url: string, rounds: number): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('SET session_replication_role = replica');
    for (const name of ['events', 'turns', 'replies', 'leases'])
      await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
    for (let round = 0; round < rounds; round += 1) {
      for (const statement of ONE_ROUND) await client.query(statement.replaceAll('$round', String(round)));
    }
  });
}

const PAYLOAD = JSON.stringify({
  update_id: 1,
  message: {
    message_id: 1,
    from: { id: 1, is_bot: false, first_name: 'Maria' },
    chat: { id: 1, first_name: 'Maria', type: 'private' },
    date: 1,
    text: 'What is 15% of 2,340?',
  },
});

const ONE_ROUND = [
  `INSERT INTO events (source, external_id, conversation_id, kind, payload)
   SELECT 'round $round', chat_id, id, 'message', '${PAYLOAD}' FROM conversations`,
  `INSERT INTO turns (id, conversation_id, epoch)
   SELECT md5('round $round ' || chat_id)::uuid, id, 0 FROM conversations`,
  `UPDATE events SET state = 'claimed', turn_id = md5('round $round ' || external_id)::uuid WHERE state = 'waiting'`,
  `INSERT INTO replies (conversation_id, turn_id, body)
   SELECT id, md5('round $round ' || chat_id)::uuid, '{"text": "Here you are."}' FROM conversations`,
  `UPDATE events SET state = 'done' WHERE source = 'round $round'`,
  `UPDATE turns SET state = 'done', finished_at = now() WHERE state = 'running'`,
  `UPDATE leases SET token = token + 1`,
  `UPDATE replies SET state = 'sending', attempts = 1 WHERE settled_at IS NULL`,
  `UPDATE replies SET state = 'sent', settled_at = now() WHERE settled_at IS NULL`,
];

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
