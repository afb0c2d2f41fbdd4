import { Prisma, type Turn } from '../../generated/prisma/client.js';
import { isBlockedConversation } from '../../memory/conversation.repository.js';
import { UNWRITTEN_SOURCES } from '../../channel/event-source.js';
import type { TurnAnswer, TurnEnd, TurnSilence } from './turn-completion.repository.js';

/** The end of a turn as it was written. */
export interface FinishedRow {
  /** Further messages wait in the conversation. */
  readonly hasWaiting: boolean;
}

/**
 * The statement that ends a turn with an answer: message, replies, events and turn. Call it behind the fence, in a
 * statement of its own, so that it sees a block that the fence has waited for. If the chat is blocked it returns no row,
 * and its transaction is to be rolled back.
 * @param replies the writes of the answer's replies: see `Outbox.writesOf`
 * @param lastStep the INSERT of its last step, if that is not recorded yet
 */
export function finishTurn(
  turn: Turn,
  end: TurnAnswer,
  replies: Prisma.Sql,
  lastStep: Prisma.Sql | null,
): Prisma.Sql {
  const now = new Date();
  return Prisma.sql`
    WITH ${lastStep ? Prisma.sql`last_step AS (${lastStep}),` : Prisma.empty} place AS (
      UPDATE conversations c SET message_count = message_count + 1, last_message_at = ${now}::timestamptz
      WHERE c.id = ${turn.conversationId}::uuid AND NOT ${isBlockedConversation}
      RETURNING c.id
    ), message AS (
      INSERT INTO messages (conversation_id, epoch, role, text, turn_id, outside, created_at)
      SELECT id, ${turn.epoch}::int, 'assistant', ${end.text}, ${turn.id}::uuid, ${end.outside ?? false}::boolean,
             ${now}::timestamptz
      FROM place
      RETURNING id, conversation_id
    ), answer AS (
      -- Interactive if a person asked.
      SELECT message.*, CASE WHEN EXISTS (
        SELECT FROM events WHERE turn_id = ${turn.id}::uuid AND source <> ALL (${UNWRITTEN_SOURCES}::text[])
      ) THEN 'interactive' ELSE 'background' END::reply_class AS class
      FROM message
    ), ${replies}, ${ended(turn, end, now)}
    ${waiting}`;
}

/** The same for a turn that says nothing. */
export function finishSilently(turn: Turn, end: TurnSilence): Prisma.Sql {
  return Prisma.sql`
    WITH place AS (
      SELECT c.id FROM conversations c WHERE c.id = ${turn.conversationId}::uuid AND NOT ${isBlockedConversation}
    ), draft_gone AS (
      DELETE FROM drafts USING place WHERE turn_id = ${turn.id}::uuid
    ), ${ended(turn, end, new Date())}
    ${waiting}`;
}

/** Ends the turn and its events, where the CTE `place` has a row. */
const ended = ({ id }: Turn, { model, errorCode }: TurnEnd, now: Date): Prisma.Sql => Prisma.sql`
  events_done AS (
    UPDATE events SET state = 'done' FROM place WHERE turn_id = ${id}::uuid
  ), ended AS (
    UPDATE turns SET model = ${model}, error_code = ${errorCode}, state = 'done', finished_at = ${now}::timestamptz
    FROM place WHERE turns.id = ${id}::uuid
  )`;

/** The row of a finished turn. */
const waiting = Prisma.sql`
  SELECT EXISTS (
           SELECT FROM events WHERE conversation_id = place.id AND state = 'waiting' AND kind = 'message'
         ) AS "hasWaiting"
  FROM place`;
