import { randomUUID } from 'node:crypto';
import { DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const TURN = `INSERT INTO turns (id, conversation_id, epoch, state) VALUES (gen_random_uuid(), :c, 0, 'running')`;
const STEP = `INSERT INTO steps (turn_id, index, kind, name, request_digest, result, started_at)
  VALUES (:t, 0, 'model', 'm', 'd', '{}', now())`;
const APPROVAL = `INSERT INTO approvals (id, turn_id, step_index, conversation_id, tool, arguments, expires_at)
  VALUES (gen_random_uuid(), :t, 1, :c, 'a_tool', '{}', now())`;
const LETTER = `INSERT INTO dead_letters (id, kind, subject_id, reason, attempts, last_error)
  VALUES (gen_random_uuid(), 'turn', :c, 'R', 1, 'x')`;
const schedule = (number: number) => `
  INSERT INTO schedules (id, conversation_id, number, kind, text, next_at, idempotency_key)
  VALUES (gen_random_uuid(), :c, ${number}, 'reminder', 'x', now(), :t)`;
const operatorMessage = `
  WITH m AS (INSERT INTO messages (conversation_id, epoch, role, text) VALUES (:c, 0, 'operator', 'x') RETURNING id)
  INSERT INTO operator_keys (message_id, conversation_id, key) SELECT id, :c, 'a key' FROM m`;

/** A statement that may run once; a second run breaks the key. */
const once: readonly (readonly [string, string])[] = [
  [
    'events_source_external_id_key',
    `INSERT INTO events (source, external_id, kind) VALUES ('telegram', :c, 'message')`,
  ],
  [
    'conversations_channel_chat_id_thread_id_key',
    `INSERT INTO conversations (id, channel, chat_id, chat_type) VALUES (gen_random_uuid(), :c, 1, 'private')`,
  ],
  [
    'leases_pkey',
    `INSERT INTO leases (conversation_id, lane, token, expires_at) VALUES (:c, 'turns', 1, now())`,
  ],
  ['turns_one_running', TURN],
  ['steps_pkey', STEP],
  ['drafts_pkey', `INSERT INTO drafts (turn_id, text) VALUES (:t, 'x')`],
  ['wait_notices_pkey', `INSERT INTO wait_notices (conversation_id, event_id) VALUES (:c, 1)`],
  ['approvals_turn_id_step_index_key', APPROVAL],
  ['dead_letters_kind_subject_id_key', LETTER],
  ['operator_keys_conversation_id_key_key', operatorMessage],
  [
    'coalescing_windows_open',
    `INSERT INTO coalescing_windows (id, trigger_id, key, source, closes_at)
     VALUES (gen_random_uuid(), :c, 'a key', 'shop', now())`,
  ],
  [
    'notifications_once_key_key',
    `INSERT INTO notifications (type, data, once_key) VALUES ('budget.passed', '{}', :c)`,
  ],
  ['budget_days_pkey', `INSERT INTO budget_days (day, scope, key) VALUES (current_date, 'chat', :c)`],
  ['throttle_windows_pkey', `INSERT INTO throttle_windows (key, hits, expires_at) VALUES (:c, '{}', now())`],
  [
    'flood_windows_pkey',
    `INSERT INTO flood_windows (key, hits, interactive_line, background_line) VALUES (:c, '{}', '{}', '{}')`,
  ],
];

/** Rows that reference a missing row. */
const orphans: readonly (readonly [string, string])[] = [
  [
    'replies_message_id_fkey',
    `INSERT INTO replies (conversation_id, message_id, body) VALUES (:c, -1, '{}')`,
  ],
  ['replies_conversation_id_fkey', `INSERT INTO replies (conversation_id, body) VALUES (:nobody, '{}')`],
  [
    'leases_conversation_id_fkey',
    `INSERT INTO leases (conversation_id, lane, token, expires_at) VALUES (:nobody, 'turns', 1, now())`,
  ],
  ['steps_turn_id_fkey', STEP.replace(':t', ':nobody')],
  [
    'messages_conversation_id_fkey',
    `INSERT INTO messages (conversation_id, epoch, role, text) VALUES (:nobody, 0, 'user', 'x')`,
  ],
  ['turns_conversation_id_fkey', TURN.replace(':c', ':nobody')],
];

/**
 * Runs the statements in order, for one conversation and a turn of it.
 * @returns the constraint that one of them broke
 */
async function broken(...statements: readonly string[]): Promise<string | null> {
  const { id: conversationId } = await room.conversation();
  const turn = await room.prisma.turn.create({
    data: { id: randomUUID(), conversationId, epoch: 0, state: 'done' },
  });
  const ids = { ':c': conversationId, ':t': turn.id, ':nobody': randomUUID() };
  try {
    for (const statement of statements)
      await room.pool.query(
        Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(name, `'${id}'`), statement),
      );
    return null;
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint) return error.constraint;
    throw error;
  }
}

describe('PostgreSQL', () => {
  it.each(once)('refuses rows that break %s', async (name, statement) => {
    expect(await broken(statement)).toBeNull();
    expect(await broken(statement, statement)).toBe(name);
  });

  it('refuses rows that break schedules_idempotency_key_key', async () => {
    expect(await broken(schedule(1), schedule(2))).toBe('schedules_idempotency_key_key');
  });

  it.each(orphans)('refuses rows that break %s', async (name, statement) => {
    expect(await broken(statement)).toBe(name);
  });
});
