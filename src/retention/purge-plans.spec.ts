import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/query-plan.js';
import { Room } from '../../test/support/room.js';
import { smallestIdOf } from '../platform/runtime/ids.js';
import { purgeBudgets } from './budget-purge.repository.js';
import { purgePayloads } from './payload-purge.repository.js';
import { purgeReplies } from './reply-purge.repository.js';
import { purgeSteps } from './step-purge.repository.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
let room: Room;

/** 100 days of 1,000 messages, each with its turn, two steps, its reply, and a long history of purged rows. */
beforeAll(async () => {
  room = await Room.open();
  await room.pool.query(`
    CREATE UNLOGGED TABLE filler AS
      SELECT n, now() - n * interval '86.4 seconds' AS at, gen_random_uuid() AS id FROM generate_series(1, 100000) AS n;
    INSERT INTO conversations (id, channel, chat_id, chat_type)
    SELECT id, 'filler', n, 'private' FROM filler WHERE n <= 1000;
    UPDATE filler SET id = (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' ||
                            right(replace(id::text, '-', ''), 16))::uuid;
    INSERT INTO turns (id, conversation_id, epoch, state, started_at, finished_at)
    SELECT f.id, c.id, 0, 'done', f.at, f.at FROM filler f JOIN conversations c ON c.chat_id = (f.n % 1000 + 1)::text;
    INSERT INTO steps (turn_id, index, kind, name, request_digest, result, started_at)
    SELECT id, i, 'model', 'm', 'd', '{}', at FROM filler, generate_series(0, 1) AS i WHERE n <= 50000;
    INSERT INTO events (source, external_id, conversation_id, kind, state, payload, received_at, turn_id)
    SELECT 'filler', f.n, t.conversation_id, 'message', 'done', CASE WHEN f.n <= 50000 THEN '{}'::json END, f.at, f.id
    FROM filler f JOIN turns t ON t.id = f.id ORDER BY f.n DESC;
    INSERT INTO events (source, external_id, conversation_id, kind, state, payload, received_at)
    SELECT 'waiting', f.n, c.id, 'message', 'waiting', '{}', now() - interval '1 year' FROM filler f
      JOIN LATERAL (SELECT c.id FROM conversations c WHERE c.chat_id = (f.n % 1000 + 1)::text) c ON true WHERE f.n <= 20000;
    INSERT INTO replies (conversation_id, turn_id, body, state, settled_at)
    SELECT conversation_id, id, '{}', 'sent', finished_at FROM turns;
    INSERT INTO dead_letters (id, kind, subject_id, conversation_id, reason, attempts, last_error)
    SELECT gen_random_uuid(), 'turn', 'none ' || f.n, c.id, 'R', 1, 'x' FROM filler f
      JOIN conversations c ON c.chat_id = (f.n % 1000 + 1)::text WHERE f.n <= 20000;
    INSERT INTO budget_days (day, scope, key)
    SELECT current_date - day, scope, 'telegram:' || n
    FROM generate_series(0, 99) AS day, unnest(ARRAY['user', 'chat']::budget_scope[]) AS scope, generate_series(1, 200) AS n;
    ANALYZE`);
});
afterAll(() => room.close());

describe('Purging filled tables', () => {
  const before = daysAgo(30);

  it.each([
    ['payloads', () => purgePayloads(before, null, 100), 'events_kept_payload'],
    [
      'payloads, after a batch',
      () => purgePayloads(before, { receivedAt: daysAgo(40).toISOString(), id: 1n }, 100),
      'events_kept_payload',
    ],
    ['steps', () => purgeSteps(before, null, 100), 'steps_pkey'],
    ['steps, after a batch', () => purgeSteps(before, smallestIdOf(daysAgo(40)), 100), 'steps_pkey'],
    ['replies', () => purgeReplies(before, null, 100), 'replies_settled'],
    [
      'replies, after a batch',
      () => purgeReplies(before, { settledAt: daysAgo(40).toISOString(), id: 1n }, 100),
      'replies_settled',
    ],
    ['budgets', () => purgeBudgets(before, null, 100), 'budget_days_pkey'],
    [
      'budgets, after a batch',
      () =>
        purgeBudgets(
          before,
          { day: daysAgo(40).toISOString().slice(0, 10), scope: 'user', key: 'telegram:5' },
          100,
        ),
      'budget_days_pkey',
    ],
  ])('reads %s from an index, no more rows than a batch has', async (_what, query, index) => {
    const { text: plan } = await planOf(room.prisma, query());
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
    // At most a turn of two steps beyond the batch.
    for (const [, read] of plan.matchAll(/ rows=(\d+)/g)) expect(Number(read), plan).toBeLessThanOrEqual(102);
    expect(plan).not.toMatch(/Rows Removed by Filter: \d{3}/);
    expect(plan).toMatch(/\(actual time=\S+ rows=100(\.00)? /);
  });

  it.each([
    ['payloads', () => purgePayloads(daysAgo(200), null, 100)],
    ['steps', () => purgeSteps(daysAgo(200), null, 100)],
    ['replies', () => purgeReplies(daysAgo(200), null, 100)],
    ['budgets', () => purgeBudgets(daysAgo(200), null, 100)],
  ])('reads no row when no %s are old', async (_what, query) => {
    const { text: plan } = await planOf(room.prisma, query());
    for (const [, read] of plan.matchAll(/ rows=(\d+)/g)) expect(Number(read), plan).toBeLessThanOrEqual(1);
    expect(plan).not.toContain('Rows Removed');
  });
});

describe('The indexes of retention', () => {
  it('cost nothing when an event arrives or a reply is written', async () => {
    const fresh = await Room.open();
    const sizes = () =>
      fresh.rows<{ index: string; bytes: number }>(
        `SELECT i AS index, pg_relation_size(i::regclass)::int AS bytes
         FROM unnest(ARRAY['events_kept_payload', 'replies_settled']) AS i`,
      );
    try {
      const { id } = await fresh.conversation();
      const empty = await sizes();
      await fresh.pool.query(
        `INSERT INTO events (source, external_id, conversation_id, kind, payload)
         SELECT 'filler', n, $1, 'message', '{}' FROM generate_series(1, 2000) AS n`,
        [id],
      );
      await fresh.pool.query(
        `INSERT INTO replies (conversation_id, body) SELECT $1, '{}' FROM generate_series(1, 2000)`,
        [id],
      );
      expect(await sizes()).toEqual(empty);
      await fresh.pool.query(`UPDATE events SET state = 'done'; UPDATE replies SET settled_at = now()`);
      expect((await sizes()).every(({ bytes }, n) => bytes > (empty[n]?.bytes ?? Infinity))).toBe(true);
    } finally {
      await fresh.close();
    }
  });
});
