import type { Guard } from './guard.js';

interface Key {
  readonly id: string;
  readonly kind: 'unique key' | 'condition';
  readonly promises: readonly number[];
  readonly keeps: string;
  readonly table: string;
  /** The constraint or unique index. */
  readonly name: string;
  readonly isIndex?: boolean;
}

const keys: readonly Key[] = [
  {
    id: 'window-of-key',
    kind: 'unique key',
    promises: [2],
    keeps: 'A trigger has one open window for a key',
    table: 'coalescing_windows',
    name: 'coalescing_windows_open',
    isIndex: true,
  },
  {
    id: 'told-once',
    kind: 'unique key',
    promises: [],
    keeps: 'A state that lasts is told once',
    table: 'notifications',
    name: 'notifications_once_key_key',
    isIndex: true,
  },
  {
    id: 'event',
    kind: 'unique key',
    promises: [2],
    keeps: 'An event is stored once for `(source, external_id)`',
    table: 'events',
    name: 'events_source_external_id_key',
    isIndex: true,
  },
  {
    id: 'conversation',
    kind: 'unique key',
    promises: [3],
    keeps: 'A chat’s topic has one conversation',
    table: 'conversations',
    name: 'conversations_channel_chat_id_thread_id_key',
    isIndex: true,
  },
  {
    id: 'lease',
    kind: 'unique key',
    promises: [3],
    keeps: 'A lane of a conversation has one lease',
    table: 'leases',
    name: 'leases_pkey',
  },
  {
    id: 'running-turn',
    kind: 'unique key',
    promises: [3],
    keeps: 'A conversation has one running turn',
    table: 'turns',
    name: 'turns_one_running',
    isIndex: true,
  },
  {
    id: 'step',
    kind: 'unique key',
    promises: [5],
    keeps: 'A turn has one step in a place',
    table: 'steps',
    name: 'steps_pkey',
  },
  {
    id: 'draft',
    kind: 'unique key',
    promises: [4],
    keeps: 'A turn shows one draft',
    table: 'drafts',
    name: 'drafts_pkey',
  },
  {
    id: 'wait-notice',
    kind: 'unique key',
    promises: [4],
    keeps: 'A conversation has one notice that it has to wait',
    table: 'wait_notices',
    name: 'wait_notices_pkey',
  },
  {
    id: 'approval',
    kind: 'unique key',
    promises: [5],
    keeps: 'A tool call is asked for once',
    table: 'approvals',
    name: 'approvals_turn_id_step_index_key',
    isIndex: true,
  },
  {
    id: 'dead-letter',
    kind: 'unique key',
    promises: [6],
    keeps: 'What failed for good has one dead letter',
    table: 'dead_letters',
    name: 'dead_letters_kind_subject_id_key',
    isIndex: true,
  },
  {
    id: 'operator-message',
    kind: 'unique key',
    promises: [4],
    keeps: 'A message of an operator is said once for its key',
    table: 'operator_keys',
    name: 'operator_keys_conversation_id_key_key',
    isIndex: true,
  },
  {
    id: 'schedule-of-call',
    kind: 'unique key',
    promises: [5],
    keeps: 'A tool call plans once',
    table: 'schedules',
    name: 'schedules_idempotency_key_key',
    isIndex: true,
  },
  {
    id: 'budget-day',
    kind: 'unique key',
    promises: [7],
    keeps: 'A budget has one row a day, whose lock all turns wait for',
    table: 'budget_days',
    name: 'budget_days_pkey',
  },
  {
    id: 'throttle-window',
    kind: 'unique key',
    promises: [7],
    keeps: 'A rate limit has one window',
    table: 'throttle_windows',
    name: 'throttle_windows_pkey',
  },
  {
    id: 'flood-window',
    kind: 'unique key',
    promises: [7],
    keeps: 'A chat, and a bot, has one window of what it was sent',
    table: 'flood_windows',
    name: 'flood_windows_pkey',
  },
  {
    id: 'reply-of-message',
    kind: 'condition',
    promises: [4],
    keeps: 'No reply outlives the message that it sends',
    table: 'replies',
    name: 'replies_message_id_fkey',
  },
  {
    id: 'reply-of-conversation',
    kind: 'condition',
    promises: [4],
    keeps: 'Nothing is sent of a conversation that was erased',
    table: 'replies',
    name: 'replies_conversation_id_fkey',
  },
  {
    id: 'lease-of-conversation',
    kind: 'condition',
    promises: [3],
    keeps: 'Nobody holds a lease of a conversation that was erased',
    table: 'leases',
    name: 'leases_conversation_id_fkey',
  },
  {
    id: 'step-of-turn',
    kind: 'condition',
    promises: [5],
    keeps: 'A step belongs to a turn that is there',
    table: 'steps',
    name: 'steps_turn_id_fkey',
  },
  {
    id: 'message-of-conversation',
    kind: 'condition',
    promises: [3],
    keeps: 'No message is added to a conversation that was erased',
    table: 'messages',
    name: 'messages_conversation_id_fkey',
  },
  {
    id: 'turn-of-conversation',
    kind: 'condition',
    promises: [3],
    keeps: 'No turn outlives its conversation',
    table: 'turns',
    name: 'turns_conversation_id_fkey',
  },
];

/** Rows that the database itself refuses, whatever the code does. */
export const keyGuards: readonly Guard[] = keys.map(
  ({ id, kind, promises, keeps, table, name, isIndex }) => ({
    id: `key/${id}`,
    kind,
    promises,
    keeps,
    without: { table, sql: isIndex ? `DROP INDEX ${name}` : `ALTER TABLE ${table} DROP CONSTRAINT ${name}` },
    spec: 'src/platform/database/keys.spec.ts',
    test: `refuses rows that break ${name}`,
  }),
);
