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

export interface StepRecord {
  readonly turnId: string;
  readonly index: number;
  readonly kind: 'model' | 'tool';
  /** Of a tool: what it gave. */
  readonly output: string | null;
  /** When it was committed, by the database's clock, ms since 1970. */
  readonly committedAt: number;
}

export interface MessageRecord {
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
  /** Where it is said; null: not known. */
  readonly channelMessageId: number | null;
}

export interface DeadLetterRecord {
  readonly kind: string;
  readonly subjectId: string;
  readonly reason: string;
}

/** What the product wrote down about some chats. */
export interface Records {
  readonly events: readonly EventRecord[];
  readonly turns: readonly TurnRecord[];
  readonly steps: readonly StepRecord[];
  readonly messages: readonly MessageRecord[];
  readonly replies: readonly ReplyRecord[];
  readonly deadLetters: readonly DeadLetterRecord[];
}

const OF_CHATS = 'JOIN conversations c ON c.id = x.conversation_id AND c.chat_id = ANY($1::bigint[])';

/**
 * Reads it, in the order of the ids.
 * @param updates the updates that were delivered: an event that was erased belongs to no chat any more
 */
export async function readRecords(
  postgres: Database,
  chats: readonly number[],
  updates: readonly number[],
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
      `s.turn_id AS "turnId", s.index, s.kind, s.result->>'output' AS output,
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
  };
}

/** How much is unfinished in these chats. */
export async function openWork(postgres: Database, chats: readonly number[]): Promise<string[]> {
  const rows = await postgres.sql<{ what: string }>(
    `SELECT 'event ' || x.external_id || ' ' || x.state AS what FROM events x ${OF_CHATS}
     WHERE x.state IN ('waiting', 'claimed')
     UNION ALL SELECT 'turn ' || x.id || ' ' || x.state FROM turns x ${OF_CHATS}
     WHERE x.state IN ('waiting', 'running', 'parked')
     UNION ALL SELECT 'reply ' || x.id || ' ' || x.state FROM replies x ${OF_CHATS} WHERE x.settled_at IS NULL`,
    [chats],
  );
  return rows.map(({ what }) => what);
}
