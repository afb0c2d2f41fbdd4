import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import { GroupSettings } from '../config/group.settings.js';
import { DatabasePool } from '../database/database-pool.js';
import type { Overheard, Prisma } from '../generated/prisma/client.js';
import type { ChatOfChannel } from './conversation-places.repository.js';

/** What a group wants to become of messages that are not for the bot. */
export interface GroupWishes {
  readonly answersAll: boolean;
  /** How many of them are kept. */
  readonly window: number;
  readonly isBlocked: boolean;
}

/** What somebody said in a group, not to the bot. */
export interface OverheardMessage {
  readonly channelMessageId: bigint;
  readonly author: string | null;
  readonly text: string;
}

export interface NewOverheard extends OverheardMessage {
  readonly conversationId: string;
  /** It takes the place of what was kept, if that still is. */
  readonly isEdit: boolean;
}

/** A message of a chat whose conversation may be gone. */
export interface HeardInChat extends ChatOfChannel {
  readonly channelMessageId: bigint | null;
}

/**
 * `closed`: the conversation keeps nothing (any more); `busy`: somebody changes or has locked it at this moment; `gone`: it
 * has been erased meanwhile.
 */
export type Kept = 'kept' | 'duplicate' | 'closed' | 'busy' | 'gone';

interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/**
 * The newest messages of a group that are not for the bot, as many as its window has, in the order of the channel's own
 * ids: a message that arrives twice, or late, cannot push out a newer one.
 */
@Injectable()
export class OverheardRepository {
  constructor(
    private readonly pool: DatabasePool,
    private readonly groups: GroupSettings,
  ) {}

  /** What these chats want, in order; null for one without a conversation. A chat that moved is taken for where it is. */
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
   * Keeps these, in one statement, each once; then lets go what no window has room for. Waits for nobody's lock: those of
   * a conversation that is `busy` are left out.
   */
  async keep(messages: readonly NewOverheard[], timeoutMs: number): Promise<Kept[]> {
    const arriving = messages.map(({ conversationId, channelMessageId, author, text, isEdit }) => ({
      conversation_id: conversationId,
      id: channelMessageId.toString(),
      author,
      text,
      is_edit: isEdit,
    }));
    const query: TimedQuery = {
      name: 'keep-overheard',
      text: KEEP,
      values: [JSON.stringify(arriving), this.groups.contextMessages],
      query_timeout: timeoutMs,
    };
    const { rows } = await this.pool.query<{ position: number; kept: Kept }>(query);
    const outcomes = new Map(rows.map(({ position, kept }) => [position, kept]));
    const open = messages.filter((_message, index) => outcomes.get(index + 1) === 'kept');
    const ids = [...new Set(open.map(({ conversationId }) => conversationId))];
    const trim: TimedQuery = {
      name: 'trim-overheard',
      text: TRIM_WHAT_IS_FREE,
      values: [ids, this.groups.contextMessages],
      query_timeout: timeoutMs,
    };
    if (ids.length > 0) await this.pool.query(trim);
    return messages.map((_message, index) => outcomes.get(index + 1) ?? 'gone');
  }

  /** Which of these did a group say before its conversation was erased? In order. */
  async wereErased(messages: readonly HeardInChat[], timeoutMs: number): Promise<boolean[]> {
    const query: TimedQuery = {
      name: 'erased-groups',
      text: WERE_ERASED,
      values: [
        messages.map(({ channel }) => channel),
        messages.map(({ chat }) => chat.chatId),
        messages.map(({ chat }) => chat.threadId),
        messages.map(({ channelMessageId }) => channelMessageId),
      ],
      query_timeout: timeoutMs,
    };
    const { rows } = await this.pool.query<{ position: number }>(query);
    const erased = new Set(rows.map(({ position }) => position));
    return messages.map((_message, index) => erased.has(index + 1));
  }

  /** How many messages a conversation keeps; it may have none of its own choice. */
  windowOf({ answersAll, contextMessages }: { answersAll: boolean; contextMessages: number | null }): number {
    return answersAll ? 0 : (contextMessages ?? this.groups.contextMessages);
  }

  /** The newest that were said before the newest message of the turn, oldest first. */
  async before(tx: Prisma.TransactionClient, turnId: string, window: number): Promise<OverheardMessage[]> {
    const newestFirst = await tx.$queryRaw<OverheardMessage[]>`
      SELECT o.channel_message_id AS "channelMessageId", o.author, o.text
      FROM turns t JOIN overheard o ON o.conversation_id = t.conversation_id
      WHERE t.id = ${turnId}::uuid AND o.channel_message_id <
        (SELECT max(m.channel_message_id) FROM messages m WHERE m.turn_id = t.id AND m.role = 'user')
      ORDER BY o.channel_message_id DESC LIMIT ${window}`;
    return newestFirst.toReversed();
  }

  /** All that is kept, oldest first. */
  async all(conversationId: string): Promise<Pick<Overheard, 'author' | 'text' | 'saidAt'>[]> {
    const { rows } = await this.pool.query<Pick<Overheard, 'author' | 'text' | 'saidAt'>>({
      text: `SELECT author, text, said_at AS "saidAt" FROM overheard
             WHERE conversation_id = $1 ORDER BY channel_message_id`,
      values: [conversationId],
    });
    return rows;
  }

  /** Its author has changed it, and speaks to the bot now. */
  async change(
    tx: Prisma.TransactionClient,
    conversationId: string,
    id: bigint,
    text: string,
  ): Promise<void> {
    await tx.overheard.updateMany({
      where: { conversationId, channelMessageId: id },
      data: { text: shortened(text) },
    });
  }

  /** A new beginning: what was said before this message is not looked at any more. */
  async forgetBefore(tx: Prisma.TransactionClient, conversationId: string, id: bigint): Promise<void> {
    await tx.overheard.deleteMany({ where: { conversationId, channelMessageId: { lt: id } } });
  }

  /** After the window has changed, in the same transaction. */
  async trim(tx: Prisma.TransactionClient, conversationId: string): Promise<void> {
    await tx.$executeRawUnsafe(TRIM, [conversationId], this.groups.contextMessages);
  }
}

/** UTF-16 units kept of one message. */
const SHOWN = 1_000;

/** At most 1,000 UTF-16 units of it; no surrogate pair is cut in two. */
export function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  const head = text.slice(0, SHOWN - 1);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

/** For a conversation `c`; in a group that has every message answered nothing is overheard. */
const WINDOW = 'CASE WHEN c.answers_all THEN 0 ELSE coalesce(c.context_messages, $DEFAULT::int) END';
const windowWith = (parameter: string): string => WINDOW.replace('$DEFAULT', parameter);

const WISHES = `
  SELECT i.position::int, c.answers_all AS "answersAll", ${windowWith('$4')} AS window, c.status = 'blocked' AS "isBlocked"
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS i (channel, chat_id, thread_id, position)
  LEFT JOIN chat_moves m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  JOIN conversations c ON c.channel = i.channel AND c.chat_id = coalesce(m.to_chat_id, i.chat_id)
    AND c.thread_id = i.thread_id`;

const WERE_ERASED = `
  SELECT i.position::int
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS i (channel, chat_id, thread_id, message_id, position)
  JOIN erased_groups e ON e.channel = i.channel AND e.chat_id = i.chat_id AND e.thread_id = i.thread_id
  WHERE i.message_id <= e.newest_id`;

/**
 * `FOR SHARE`: who closes the window waits until these are in, and then removes them too. `SKIP LOCKED`: who closes it, or
 * erases or moves the conversation at this moment, is not waited for.
 */
const KEEP = `
  WITH arriving AS MATERIALIZED (
    SELECT * FROM ROWS FROM (
      json_to_recordset($1::json) AS (conversation_id uuid, id bigint, author text, text text, is_edit boolean)
    ) WITH ORDINALITY AS a (conversation_id, id, author, text, is_edit, position)
  ), known AS MATERIALIZED (
    SELECT c.id, c.status <> 'blocked' AND ${windowWith('$2')} > 0 AS open FROM conversations c
    WHERE c.id IN (SELECT a.conversation_id FROM arriving a) AND c.erased_at IS NULL
    ORDER BY c.id FOR SHARE SKIP LOCKED
  ), inserted AS (
    INSERT INTO overheard (conversation_id, channel_message_id, author, text)
    SELECT a.conversation_id, a.id, a.author, a.text FROM arriving a JOIN known k ON k.id = a.conversation_id
    WHERE k.open AND NOT a.is_edit
    ORDER BY a.position
    ON CONFLICT DO NOTHING
    RETURNING conversation_id, channel_message_id
  ), edited AS (
    UPDATE overheard o SET text = a.text FROM arriving a JOIN known k ON k.id = a.conversation_id
    WHERE a.is_edit AND o.conversation_id = a.conversation_id AND o.channel_message_id = a.id
  )
  SELECT a.position::int, CASE
      WHEN k.id IS NULL AND (
        SELECT true FROM conversations c WHERE c.id = a.conversation_id AND c.erased_at IS NULL LIMIT 1) THEN 'busy'
      WHEN k.id IS NULL THEN 'gone'
      WHEN NOT k.open THEN 'closed'
      WHEN a.is_edit OR i.channel_message_id IS NOT NULL THEN 'kept'
      ELSE 'duplicate' END AS kept
  FROM arriving a
  LEFT JOIN known k ON k.id = a.conversation_id
  LEFT JOIN inserted i ON i.conversation_id = a.conversation_id AND i.channel_message_id = a.id`;

const trimStatement = (lock: string): string => `
  WITH placed AS MATERIALIZED (
    SELECT p.conversation_id, p.channel_message_id,
           row_number() OVER (PARTITION BY p.conversation_id ORDER BY p.channel_message_id DESC) AS place
    FROM overheard p WHERE p.conversation_id = ANY ($1::uuid[])
  ), surplus AS MATERIALIZED (
    SELECT o.conversation_id, o.channel_message_id
    FROM placed JOIN conversations c ON c.id = placed.conversation_id
    JOIN overheard o ON o.conversation_id = placed.conversation_id AND o.channel_message_id = placed.channel_message_id
    WHERE placed.place > ${windowWith('$2')} ${lock}
  )
  DELETE FROM overheard o USING surplus s
  WHERE o.conversation_id = s.conversation_id AND o.channel_message_id = s.channel_message_id`;

const TRIM = trimStatement('');

/** What somebody else removes or changes at this moment is left to them, or to the next time. */
const TRIM_WHAT_IS_FREE = trimStatement('FOR UPDATE OF o SKIP LOCKED');
