import { columnsOf } from '../../platform/database/columns.js';
import { unflushed } from '../../platform/database/unflushed.js';
import { type Conversation, Prisma, type Turn } from '../../generated/prisma/client.js';
import { NEWEST, type NewUserMessage } from '../../memory/message.repository.js';
import { type PastRow, selectPast } from '../context/past.repository.js';
import type { Candidate } from './lane-state.repository.js';

/** A turn that is about to begin. */
export interface NewTurn {
  readonly id: string;
  /** As it was read with the events. */
  readonly conversation: Conversation;
  readonly epoch: number;
  readonly owned: readonly Candidate[];
  readonly messages: readonly (Omit<NewUserMessage, 'quotedAnswer' | 'stepIndex'> & {
    readonly outside: boolean;
  })[];
  readonly now: Date;
}

/** The turn as it was written. */
export type BegunRow = Turn & {
  /** The ids and files of its messages, in order. */
  readonly said: readonly { readonly id: string; readonly attachments: Prisma.JsonValue }[] | null;
  /** A wait notice has become its draft. */
  readonly hasDraft: boolean;
  /** The tool rules of those who wrote them. */
  readonly toolRules: readonly Prisma.JsonValue[] | null;
  /** The conversation before it. */
  readonly past: PastRow;
};

/**
 * The writes that begin a turn, for `LeaseRepository.queryHeld`: one statement, because every message pays for it. They
 * write nothing if one of the events or the conversation's epoch has changed since they were read. Locks the events
 * before the conversation, and the people behind it, in the order of `PersonRepository.rememberAll`. The commit does not
 * wait for the disk: a turn that a crash undoes has made no step, and its events wait again.
 */
export function beginTurn(turn: NewTurn): { readonly writes: Prisma.Sql; readonly result: Prisma.Sql } {
  const { id, conversation, epoch, owned, now } = turn;
  const eventIds = owned.map(({ event }) => event.id);
  const userId = owned.at(-1)?.heard?.sender?.userId ?? null;
  const senders = sendersOf(owned);
  const writes = Prisma.sql`
    own AS MATERIALIZED (
      SELECT e.id FROM held, events e
      JOIN unnest(${eventIds}::bigint[], ${owned.map(({ event }) => event.version)}::text[]) AS read (id, version)
        ON read.id = e.id
      WHERE e.state = 'waiting' AND e.xmin::text = read.version
      ORDER BY e.id FOR UPDATE OF e
    ), place AS (
      UPDATE conversations c
      SET message_count = message_count + ${turn.messages.length}, last_message_at = ${now}::timestamptz,
          ${chatChanges(turn)}
          -- The backlog is done: the chat may be notified of the next one.
          overflow_notified_at = CASE WHEN overflow_notified_at IS NOT NULL AND EXISTS (
            SELECT FROM events WHERE conversation_id = c.id AND state = 'waiting' AND kind = 'message'
              AND id <> ALL (${eventIds}::bigint[])) THEN overflow_notified_at END
      WHERE c.id = ${conversation.id}::uuid AND c.epoch_since = ${conversation.epochSince}
        AND (SELECT count(*) FROM own) = ${eventIds.length}
      RETURNING c.id
    ), begun AS (
      INSERT INTO turns (id, conversation_id, state, epoch, user_id)
      SELECT ${id}::uuid, id, 'running', ${epoch}::int, ${userId}::text FROM place
      RETURNING *
    ), claimed AS (
      UPDATE events SET state = 'claimed', turn_id = begun.id FROM begun, own WHERE events.id = own.id
    ), said AS (
      INSERT INTO messages
        (conversation_id, epoch, role, text, author, channel_message_id, position, turn_id, created_at, attachments, outside)
      SELECT begun.conversation_id, begun.epoch, 'user', m.text, m.author, m.channel_message_id, m.position, begun.id,
             ${now}::timestamptz, m.attachments, m.outside
      FROM begun, ROWS FROM (json_to_recordset(${jsonOf(turn.messages)}::json) AS
        (text text, author text, "channelMessageId" text, position bigint, attachments jsonb, outside boolean))
        WITH ORDINALITY AS m (text, author, channel_message_id, position, attachments, outside, place)
      ORDER BY m.place
      RETURNING id, attachments
    ), seen AS (
      INSERT INTO people (channel, user_id, is_chat, first_name, last_name, username, language_code, updated_at)
      SELECT ${conversation.channel}, p."userId", p."isChat", p."firstName", p."lastName", p.username, p."languageCode",
             ${now}::timestamptz
      FROM begun, json_to_recordset(${jsonOf(senders)}::json) AS p
        ("userId" text, "isChat" boolean, "firstName" text, "lastName" text, username text, "languageCode" text)
      ORDER BY p."userId" COLLATE "C"
      ON CONFLICT (channel, user_id) DO UPDATE SET
        is_chat = EXCLUDED.is_chat, first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name, username = EXCLUDED.username,
        language_code = EXCLUDED.language_code, updated_at = EXCLUDED.updated_at
    ), notice AS (
      DELETE FROM wait_notices n USING begun, events e
      WHERE n.conversation_id = begun.conversation_id AND e.id = n.event_id
        AND (e.state <> 'waiting' OR e.id = ANY (${eventIds}::bigint[]))
      RETURNING n.channel_message_id, e.id = ANY (${eventIds}::bigint[]) AS "isOwn"
    ), draft AS (
      INSERT INTO drafts (turn_id, state, channel_message_id, text)
      SELECT begun.id, 'shown', channel_message_id, '' FROM begun, notice
      WHERE "isOwn" AND channel_message_id IS NOT NULL
      RETURNING turn_id
    )`;
  const result = Prisma.sql`
    SELECT ${columnsOf(Prisma.TurnScalarFieldEnum, 'begun')}, ${unflushed} AS unflushed,
           (SELECT json_agg(json_build_object('id', id::text, 'attachments', attachments) ORDER BY id) FROM said) AS said,
           EXISTS (SELECT FROM draft) AS "hasDraft",
           (SELECT json_agg(tools) FROM person_tools
            WHERE channel = ${conversation.channel} AND user_id = ANY (${senders.map(({ userId }) => userId)}::text[])
           ) AS "toolRules",
           -- Without the new messages: the statement does not see its own writes.
           (SELECT row_to_json(past) FROM (
             ${selectPast({ conversationId: conversation.id, epoch, before: NEWEST })}) AS past) AS past
    FROM begun`;
  return { writes, result };
}

/** The chat as its newest message describes it, in the `SET` of the conversation. */
function chatChanges({ owned }: NewTurn): Prisma.Sql {
  const chat = owned.findLast(({ heard }) => heard !== null && heard.chat !== null)?.heard?.chat;
  if (!chat) return Prisma.empty;
  const onlyBots = owned.every(({ heard }) => heard?.isFromBot ?? true);
  return Prisma.sql`chat_type = ${chat.type}, title = ${chat.title}, username = ${chat.username},
    bot_streak = CASE WHEN ${onlyBots} THEN bot_streak + 1 ELSE 0 END,`;
}

/** Everybody who wrote, as last seen. */
function sendersOf(owned: readonly Candidate[]) {
  const senders = owned.flatMap(({ heard }) => heard?.sender ?? []);
  return [...new Map(senders.map((sender) => [sender.userId, sender])).values()];
}

function jsonOf(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
