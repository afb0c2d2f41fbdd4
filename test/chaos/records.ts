/** A database that can be asked. */
export interface Database {
  sql<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface EventRecord {
  readonly id: string;
  readonly updateId: number;
  readonly state: string;
  readonly turnId: string | null;
}

export interface TurnRecord {
  readonly id: string;
  readonly chat: number;
  readonly state: string;
  readonly errorCode: string | null;
}

interface StepRecord {
  readonly turnId: string;
  readonly index: number;
  readonly kind: 'model' | 'tool';
  /** The model's or the tool's. */
  readonly name: string;
  readonly error: string | null;
  /** The result of a tool. */
  readonly output: string | null;
  /** When it was committed, by the database's clock, ms since 1970. */
  readonly committedAt: number;
}

interface MessageRecord {
  readonly chat: number;
  readonly role: string;
  readonly text: string;
  readonly turnId: string | null;
}

export interface ReplyRecord {
  readonly id: string;
  readonly chat: number;
  readonly turnId: string | null;
  readonly text: string;
  readonly state: string;
  /** The chat of the conversation; null: unknown. */
  readonly channelMessageId: number | null;
}

interface DeadLetterRecord {
  readonly kind: string;
  readonly subjectId: string;
  readonly reason: string;
}

interface ScheduleRecord {
  readonly chat: number;
  readonly text: string;
  readonly state: string;
  /** Until it is due, by the database's clock; negative: overdue. */
  readonly dueInMs: number;
}

interface FactRecord {
  readonly chat: number;
  readonly text: string;
}

/** An approval for remembering something. */
interface ApprovalRecord {
  readonly chat: number;
  readonly state: string;
  readonly fact: string;
}

/** A chat's usage of its budget, in tokens: as counted, and by its steps. */
interface BudgetRecord {
  readonly chat: number;
  readonly spent: number;
  readonly reserved: number;
  readonly used: number;
}

/** A place where a token was found. */
interface Trace {
  readonly token: string;
  readonly table: string;
}

/** The product's records about some chats. */
export interface Records {
  readonly events: readonly EventRecord[];
  readonly turns: readonly TurnRecord[];
  readonly steps: readonly StepRecord[];
  readonly messages: readonly MessageRecord[];
  readonly replies: readonly ReplyRecord[];
  readonly deadLetters: readonly DeadLetterRecord[];
  readonly schedules: readonly ScheduleRecord[];
  readonly facts: readonly FactRecord[];
  readonly approvals: readonly ApprovalRecord[];
  readonly budgets: readonly BudgetRecord[];
  /** Of the tokens that were erased. */
  readonly traces: readonly Trace[];
}

const OF_CHATS = 'JOIN conversations c ON c.id = x.conversation_id AND c.chat_id = ANY($1::text[])';

/**
 * Reads it, in the order of the ids.
 * @param updates delivered updates: an erased event belongs to no chat any more
 * @param erased tokens that must not be left
 */
export async function readRecords(
  postgres: Database,
  chats: readonly number[],
  updates: readonly number[],
  erased: readonly string[],
): Promise<Records> {
  const read = <Row>(columns: string, from: string): Promise<Row[]> =>
    postgres.sql<Row>(`SELECT ${columns} FROM ${from}`, [chats]);
  return {
    events: await postgres.sql(
      `SELECT x.id::text, x.external_id::float8 AS "updateId", x.state, x.turn_id AS "turnId"
       FROM events x WHERE x.source = 'telegram' AND x.external_id = ANY($1::text[]) ORDER BY x.id`,
      [updates.map(String)],
    ),
    turns: await read(
      'x.id, c.chat_id::float8 AS chat, x.state, x.error_code AS "errorCode"',
      `turns x ${OF_CHATS} ORDER BY x.id`,
    ),
    steps: await read(
      `s.turn_id AS "turnId", s.index, s.kind, s.name, s.error, s.result->>'output' AS output,
       (extract(epoch FROM pg_xact_commit_timestamp(s.xmin)) * 1000)::float8 AS "committedAt"`,
      `steps s JOIN turns x ON x.id = s.turn_id ${OF_CHATS} ORDER BY s.turn_id, s.index`,
    ),
    messages: await read(
      'c.chat_id::float8 AS chat, x.role, x.text, x.turn_id AS "turnId"',
      `messages x ${OF_CHATS} ORDER BY x.id`,
    ),
    replies: await read(
      `x.id::text, c.chat_id::float8 AS chat, x.turn_id AS "turnId", x.body->>'text' AS text, x.state,
       x.channel_message_id::float8 AS "channelMessageId"`,
      `replies x ${OF_CHATS} ORDER BY x.id`,
    ),
    deadLetters: await read(
      'x.kind, x.subject_id AS "subjectId", x.reason',
      `dead_letters x ${OF_CHATS} ORDER BY x.id`,
    ),
    schedules: await read(
      `c.chat_id::float8 AS chat, x.text, x.state,
       (extract(epoch FROM x.next_at - clock_timestamp()) * 1000)::float8 AS "dueInMs"`,
      `schedules x ${OF_CHATS} ORDER BY x.number`,
    ),
    facts: await read('c.chat_id::float8 AS chat, x.text', `facts x ${OF_CHATS} ORDER BY x.id`),
    approvals: await read(
      `c.chat_id::float8 AS chat, x.state, x.arguments::json->>'fact' AS fact`,
      `approvals x ${OF_CHATS} ORDER BY x.id`,
    ),
    budgets: await postgres.sql(USED_BY_CHATS, [chats]),
    traces: await tracesOf(postgres, erased),
  };
}

const USED_BY_CHATS = `
  SELECT c.chat_id::float8 AS chat, coalesce(sum(b.spent_tokens), 0)::float8 AS spent,
         coalesce(sum(b.reserved_tokens), 0)::float8 AS reserved,
         (SELECT coalesce(sum(s.input_tokens + s.output_tokens), 0)::float8
          FROM steps s JOIN turns t ON t.id = s.turn_id WHERE t.conversation_id = c.id) AS used
  FROM conversations c
  LEFT JOIN budget_days b ON b.scope = 'chat' AND b.key = c.channel || ':' || c.chat_id
  WHERE c.chat_id = ANY($1::text[]) GROUP BY c.id`;

/** Every place where people's messages may be kept. */
const places: Readonly<Record<string, string>> = {
  messages: 'text',
  replies: 'body::text',
  events: 'payload::text',
  facts: 'text',
  steps: 'result::text',
  drafts: 'text',
  schedules: 'text',
  summaries: 'text',
  group_context_messages: 'text',
  turn_group_contexts: 'text',
  approvals: 'arguments',
  dead_letters: 'payload::text',
};

async function tracesOf(postgres: Database, tokens: readonly string[]): Promise<Trace[]> {
  if (tokens.length === 0) return [];
  const found = Object.entries(places).map(
    ([table, text]) =>
      `SELECT token, '${table}' AS table FROM unnest($1::text[]) token
       WHERE EXISTS (SELECT FROM ${table} WHERE ${text} LIKE '%' || token || '%')`,
  );
  return await postgres.sql<Trace>(found.join(' UNION ALL '), [tokens]);
}

/** How much is unfinished in these chats. */
export async function openWork(postgres: Database, chats: readonly number[]): Promise<string[]> {
  const rows = await postgres.sql<{ what: string }>(
    `SELECT 'event ' || x.external_id || ' ' || x.state AS what FROM events x ${OF_CHATS}
     WHERE x.state IN ('waiting', 'claimed')
     UNION ALL SELECT 'turn ' || x.id || ' ' || x.state FROM turns x ${OF_CHATS}
     WHERE x.state IN ('waiting', 'running', 'parked')
     UNION ALL SELECT 'reply ' || x.id || ' ' || x.state FROM replies x ${OF_CHATS} WHERE x.settled_at IS NULL
     UNION ALL SELECT 'text of message ' || x.channel_message_id FROM late_edits x ${OF_CHATS}
     UNION ALL SELECT 'schedule ' || x.text FROM schedules x ${OF_CHATS}
     WHERE x.state = 'planned' AND x.next_at < clock_timestamp() + interval '30 s'`,
    [chats],
  );
  return rows.map(({ what }) => what);
}
