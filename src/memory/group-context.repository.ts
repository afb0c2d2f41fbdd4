import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { GroupSettings } from './group.settings.js';
import { DatabasePool } from '../platform/database/database-pool.js';
import type { GroupContextMessage as StoredGroupContextMessage, Prisma } from '../generated/prisma/client.js';
import type { ChatOfChannel } from './conversation-places.repository.js';

/** A group's choice for messages that are not for the bot. */
export interface GroupWishes {
  readonly answersAll: boolean;
  /** The number of messages kept. */
  readonly window: number;
  readonly isBlocked: boolean;
}

/** A message of a person in a group, not to the bot. */
export interface GroupContextMessage {
  /** See `Written.position`. */
  readonly position: bigint;
  readonly author: string | null;
  readonly text: string;
}

export interface NewGroupContextMessage extends GroupContextMessage {
  readonly conversationId: string;
  /** It replaces the kept message, if that is still kept. */
  readonly isEdit: boolean;
}

/** A message of a chat whose conversation may be gone. */
export interface HeardInChat extends ChatOfChannel {
  readonly position: bigint | null;
}

/**
 * `closed`: the conversation keeps no context (any more); `busy`: another transaction changes or has locked it at this
 * moment; `gone`: it was erased meanwhile.
 */
export type Kept = 'kept' | 'duplicate' | 'closed' | 'busy' | 'gone';

interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/**
 * The newest messages of a group that are not for the bot, up to the group's window, in the channel's order:
 * a message that arrives twice, or late, cannot replace a newer one.
 */
@Injectable()
export class GroupContextRepository {
  constructor(
    private readonly pool: DatabasePool,
    private readonly groups: GroupSettings,
  ) {}

  /**
   * These chats' choices, in order; null for a chat without a conversation. A migrated chat counts as its present one.
   */
  async wishesOf(chats: readonly ChatOfChannel[], timeoutMs: number): Promise<(GroupWishes | null)[]> {
    const query: TimedQuery = {
      name: 'group-wishes',
      text: WISHES,
      values: [
        chats.map(({ channel }) => channel),
        chats.map(({ chat }) => chat.chatId),
        chats.map(({ chat }) => chat.threadId),
        this.groups.contextMessages,
      ],
      query_timeout: timeoutMs,
    };
    const { rows } = await this.pool.query<GroupWishes & { position: number }>(query);
    const found = new Map(rows.map(({ position, ...wishes }) => [position, wishes]));
    return chats.map((_chat, index) => found.get(index + 1) ?? null);
  }

  /**
   * Keeps these, in one statement, each once; then deletes those beyond the window. Waits for no lock: messages of a
   * conversation that is `busy` are left out.
   */
  async keep(messages: readonly NewGroupContextMessage[], timeoutMs: number): Promise<Kept[]> {
    const arriving = messages.map(({ conversationId, position, author, text, isEdit }) => ({
      conversation_id: conversationId,
      place: position.toString(),
      author,
      text,
      is_edit: isEdit,
    }));
    const query: TimedQuery = {
      name: 'keep-group-context',
      text: KEEP,
      values: [JSON.stringify(arriving), this.groups.contextMessages],
      query_timeout: timeoutMs,
    };
    const { rows } = await this.pool.query<{ position: number; kept: Kept }>(query);
    const outcomes = new Map(rows.map(({ position, kept }) => [position, kept]));
    const open = messages.filter((_message, index) => outcomes.get(index + 1) === 'kept');
    const ids = [...new Set(open.map(({ conversationId }) => conversationId))];
    const trim: TimedQuery = {
      name: 'trim-group-context',
      text: TRIM_WHAT_IS_FREE,
      values: [ids, this.groups.contextMessages],
      query_timeout: timeoutMs,
    };
    if (ids.length > 0) await this.pool.query(trim);
    return messages.map((_message, index) => outcomes.get(index + 1) ?? 'gone');
  }

  /** For each message, in order: was it sent before its group's conversation was erased? */
  async wereErased(messages: readonly HeardInChat[], timeoutMs: number): Promise<boolean[]> {
    const query: TimedQuery = {
      name: 'erased-groups',
      text: WERE_ERASED,
      values: [
        messages.map(({ channel }) => channel),
        messages.map(({ chat }) => chat.chatId),
        messages.map(({ chat }) => chat.threadId),
        messages.map(({ position }) => position),
      ],
      query_timeout: timeoutMs,
    };
    const { rows } = await this.pool.query<{ position: number }>(query);
    const erased = new Set(rows.map(({ position }) => position));
    return messages.map((_message, index) => erased.has(index + 1));
  }

  /** The number of messages a conversation keeps; it may have made no choice. */
  windowOf({ answersAll, contextMessages }: { answersAll: boolean; contextMessages: number | null }): number {
    return answersAll ? 0 : (contextMessages ?? this.groups.contextMessages);
  }

  /** The newest messages before the newest message of the turn, oldest first. */
  async before(tx: Prisma.TransactionClient, turnId: string, window: number): Promise<GroupContextMessage[]> {
    const newestFirst = await tx.$queryRaw<GroupContextMessage[]>`
      SELECT o.position, o.author, o.text
      FROM turns t JOIN group_context_messages o ON o.conversation_id = t.conversation_id
      WHERE t.id = ${turnId}::uuid AND o.position <
        (SELECT max(m.position) FROM messages m WHERE m.turn_id = t.id AND m.role = 'user')
      ORDER BY o.position DESC LIMIT ${window}`;
    return newestFirst.toReversed();
  }

  /** All kept messages, oldest first. */
  async all(
    conversationId: string,
  ): Promise<Pick<StoredGroupContextMessage, 'author' | 'text' | 'saidAt'>[]> {
    const { rows } = await this.pool.query<Pick<StoredGroupContextMessage, 'author' | 'text' | 'saidAt'>>({
      text: `SELECT author, text, said_at AS "saidAt" FROM group_context_messages
             WHERE conversation_id = $1 ORDER BY position`,
      values: [conversationId],
    });
    return rows;
  }

  /** The author has edited the message to address the bot. */
  async change(
    tx: Prisma.TransactionClient,
    conversationId: string,
    position: bigint,
    text: string,
  ): Promise<void> {
    await tx.groupContextMessage.updateMany({
      where: { conversationId, position },
      data: { text: shortened(text) },
    });
  }

  /** A reset: earlier messages are not used any more. */
  async forgetBefore(tx: Prisma.TransactionClient, conversationId: string, position: bigint): Promise<void> {
    await tx.groupContextMessage.deleteMany({ where: { conversationId, position: { lt: position } } });
  }

  /** Trims to a changed window, in the same transaction. */
  async trim(tx: Prisma.TransactionClient, conversationId: string): Promise<void> {
    await tx.$executeRawUnsafe(TRIM, [conversationId], this.groups.contextMessages);
  }
}

/** UTF-16 units kept of one message. */
const SHOWN = 1_000;

/** At most 1,000 UTF-16 units of it, without splitting a surrogate pair. */
export function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  const head = text.slice(0, SHOWN - 1);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

/** For a conversation `c`; a group that has every message answered has no group context. */
const WINDOW = 'CASE WHEN c.answers_all THEN 0 ELSE coalesce(c.context_messages, $DEFAULT::int) END';
const windowWith = (parameter: string): string => WINDOW.replace('$DEFAULT', parameter);

const WISHES = `
  SELECT i.position::int, c.answers_all AS "answersAll", ${windowWith('$4')} AS window, c.status = 'blocked' AS "isBlocked"
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (channel, chat_id, thread_id, position)
  LEFT JOIN chat_migrations m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  JOIN conversations c ON c.channel = i.channel AND c.chat_id = coalesce(m.to_chat_id, i.chat_id)
    AND c.thread_id = i.thread_id`;

const WERE_ERASED = `
  SELECT i.position::int
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
    WITH ORDINALITY AS i (channel, chat_id, thread_id, place, position)
  JOIN erased_groups e ON e.channel = i.channel AND e.chat_id = i.chat_id AND e.thread_id = i.thread_id
  WHERE i.place <= e.newest`;

/**
 * `FOR SHARE`: closing the window waits until these rows are in, and then deletes them too. `SKIP LOCKED`: does not
 * wait while another transaction closes the window, erases or migrates the conversation. `place` is the position in the
 * chat, `position` that in the batch.
 */
const KEEP = `
  WITH arriving AS MATERIALIZED (
    SELECT * FROM ROWS FROM (
      json_to_recordset($1::json) AS (conversation_id uuid, place bigint, author text, text text, is_edit boolean)
    ) WITH ORDINALITY AS a (conversation_id, place, author, text, is_edit, position)
  ), known AS MATERIALIZED (
    SELECT c.id, c.status <> 'blocked' AND ${windowWith('$2')} > 0 AS open FROM conversations c
    WHERE c.id IN (SELECT a.conversation_id FROM arriving a) AND c.erased_at IS NULL
    ORDER BY c.id FOR SHARE SKIP LOCKED
  ), inserted AS (
    INSERT INTO group_context_messages (conversation_id, position, author, text)
    SELECT a.conversation_id, a.place, a.author, a.text FROM arriving a JOIN known k ON k.id = a.conversation_id
    WHERE k.open AND NOT a.is_edit
    ORDER BY a.position
    ON CONFLICT DO NOTHING
    RETURNING conversation_id, position
  ), edited AS (
    UPDATE group_context_messages o SET text = a.text FROM arriving a JOIN known k ON k.id = a.conversation_id
    WHERE a.is_edit AND o.conversation_id = a.conversation_id AND o.position = a.place
  )
  SELECT a.position::int, CASE
      WHEN k.id IS NULL AND (
        SELECT true FROM conversations c WHERE c.id = a.conversation_id AND c.erased_at IS NULL LIMIT 1) THEN 'busy'
      WHEN k.id IS NULL THEN 'gone'
      WHEN NOT k.open THEN 'closed'
      WHEN a.is_edit OR i.position IS NOT NULL THEN 'kept'
      ELSE 'duplicate' END AS kept
  FROM arriving a
  LEFT JOIN known k ON k.id = a.conversation_id
  LEFT JOIN inserted i ON i.conversation_id = a.conversation_id AND i.position = a.place`;

const trimStatement = (lock: string): string => `
  WITH placed AS MATERIALIZED (
    SELECT p.conversation_id, p.position,
           row_number() OVER (PARTITION BY p.conversation_id ORDER BY p.position DESC) AS place
    FROM group_context_messages p WHERE p.conversation_id = ANY ($1::uuid[])
  ), surplus AS MATERIALIZED (
    SELECT o.conversation_id, o.position
    FROM placed JOIN conversations c ON c.id = placed.conversation_id
    JOIN group_context_messages o ON o.conversation_id = placed.conversation_id AND o.position = placed.position
    WHERE placed.place > ${windowWith('$2')} ${lock}
  )
  DELETE FROM group_context_messages o USING surplus s
  WHERE o.conversation_id = s.conversation_id AND o.position = s.position`;

const TRIM = trimStatement('');

/** Rows that another transaction deletes or changes at this moment are left to it, or to the next call. */
const TRIM_WHAT_IS_FREE = trimStatement('FOR UPDATE OF o SKIP LOCKED');
