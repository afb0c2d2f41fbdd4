import { Injectable } from '@nestjs/common';
import type { AccessGrant } from '../../access/access-decision.js';
import { selectChatGrant } from '../../access/access-grant.repository.js';
import { columnsOf } from '../../platform/database/columns.js';
import { deferralOf, waitMsOf } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { isBlockedConversation } from '../../memory/conversation.repository.js';
import { type Conversation, type Event, Prisma } from '../../generated/prisma/client.js';
import type { LaneOutcome } from '../../queue/lease/lane-outcome.js';
import type { Reading } from '../../queue/lease/lease.repository.js';
import type { Heard } from './event-reader.js';

/** Messages in one turn; more make the next one. */
export const MAX_EVENTS = 200;

/** A message that waits for its turn. */
export interface WaitingEvent extends Pick<
  Event,
  'id' | 'source' | 'externalId' | 'kind' | 'payload' | 'lateEdit'
> {
  /** Another one after every change of the event. */
  readonly version: string;
  /** Milliseconds since it was received, by the database's clock. */
  readonly ageMs: number;
}

/**
 * A waiting event and its content; null if the channel, knowing more by now, has no use for it: a group's message for
 * another bot, from before the bot knew its own name.
 */
export interface Candidate {
  readonly event: WaitingEvent;
  readonly heard: Heard | null;
}

/** The work that waits in a conversation's lane "turns", all of one moment. */
export interface LaneState {
  readonly conversation: Conversation;
  /** The conversation, or the person of its private chat, is blocked. */
  readonly isBlocked: boolean;
  /** Its unfinished turn, and the milliseconds until the next try. */
  readonly open: { readonly turnId: string; readonly waitMs: number } | null;
  /** The first `MAX_EVENTS` messages, as `LaneStateRepository.waiting`. */
  readonly waiting: readonly WaitingEvent[];
  /** The grant of its chat; in private it is also the grant of its person. */
  readonly chatGrant: AccessGrant;
  /** Commands wait, or events have failed: `CommandsService` looks at them before a turn begins. */
  readonly needsCommands: boolean;
}

/** A conversation and its lane, as they are selected. */
export type LaneRow = Conversation & {
  readonly isBlocked: boolean;
  readonly open: LaneState['open'];
  readonly waiting: readonly (Omit<WaitingEvent, 'id'> & { readonly id: string })[] | null;
  readonly chatGrant: AccessGrant;
  readonly needsCommands: boolean;
};

/** The highest id of any event. */
const LAST_ID = 2n ** 63n - 1n;

/** Reads what waits in a conversation's lane. */
@Injectable()
export class LaneStateRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** @returns null for a conversation that is erased, or being erased */
  async read(conversationId: string): Promise<LaneState | null> {
    const { select, stateOf } = this.reading(conversationId);
    const [row] = await this.prisma.$queryRaw<LaneRow[]>(select);
    return row ? stateOf(row) : null;
  }

  /** The same for `LeaseHolder.holdAndRead`. One statement, because every turn asks. */
  reading(conversationId: string): Reading<LaneRow, LaneState> {
    const select = Prisma.sql`
      SELECT ${columnsOf(Prisma.ConversationScalarFieldEnum, 'c')},
        ${isBlockedConversation} AS "isBlocked",
        (SELECT json_build_object('turnId', t.id, 'waitMs', ${waitMsOf(deferralOf('t'))}) FROM turns t
         WHERE t.conversation_id = c.id AND t.state IN ('waiting', 'running')
         ORDER BY t.state DESC, t.started_at LIMIT 1) AS open,
        (SELECT json_agg(w ORDER BY w.id::bigint) FROM (
          ${waitingMessages(Prisma.sql`c.id`, MAX_EVENTS, 'id::text')}) AS w) AS waiting,
        ${selectChatGrant(Prisma.sql`c.channel`, Prisma.sql`c.chat_id`)} AS "chatGrant",
        EXISTS (SELECT FROM events WHERE conversation_id = c.id AND state = 'waiting' AND kind <> 'message')
          OR EXISTS (SELECT FROM event_failures WHERE conversation_id = c.id) AS "needsCommands"
      FROM conversations c WHERE c.id = ${conversationId}::uuid AND c.erased_at IS NULL`;
    return { select, stateOf };
  }

  /**
   * Finds the waiting messages, oldest first, up to the first waiting command, edit or press: messages behind it wait
   * for its effect. So it does not matter how long ago the caller handled those.
   */
  async waiting(conversationId: string, limit: number): Promise<WaitingEvent[]> {
    return await this.prisma.$queryRaw<WaitingEvent[]>(
      waitingMessages(Prisma.sql`${conversationId}::uuid`, limit),
    );
  }

  /** Whether the conversation has an unfinished turn that runs or waits for its next try. */
  async hasOpenTurn(conversationId: string): Promise<boolean> {
    const where = { conversationId, state: { in: ['waiting', 'running'] } } satisfies Prisma.TurnWhereInput;
    return (await this.prisma.turn.findFirst({ where, select: { id: true } })) !== null;
  }

  /** Returns the lane's next action after the end of a turn: to go on if messages wait. */
  async whatNext(conversationId: string): Promise<LaneOutcome> {
    return (await this.hasWaiting(conversationId)) ? { next: 'now' } : { next: 'none' };
  }

  /** Whether any message waits, also behind a command. */
  async hasWaiting(conversationId: string): Promise<boolean> {
    const where = { conversationId, state: 'waiting', kind: 'message' } as const;
    return (await this.prisma.event.findFirst({ where, select: { id: true } })) !== null;
  }
}

function stateOf(row: LaneRow): LaneState {
  const { isBlocked, open, waiting, chatGrant, needsCommands, ...conversation } = row;
  const events = (waiting ?? []).map((event) => ({ ...event, id: BigInt(event.id) }));
  return { conversation, isBlocked, open, waiting: events, chatGrant, needsCommands };
}

/** @param id how the id is selected: JSON has no number of its size */
function waitingMessages(
  conversationId: Prisma.Sql,
  limit: number,
  id: 'id' | 'id::text' = 'id',
): Prisma.Sql {
  return Prisma.sql`
    SELECT ${Prisma.raw(id)}, source, external_id AS "externalId", kind, payload, late_edit AS "lateEdit",
           xmin::text AS version,
           -- Received "later": before the clock was set back.
           abs(extract(epoch FROM clock_timestamp() - received_at))::float8 * 1000 AS "ageMs"
    FROM events
    WHERE conversation_id = ${conversationId} AND state = 'waiting' AND kind = 'message'
      AND events.id < coalesce(
        (SELECT min(commands.id) FROM events commands
         WHERE commands.conversation_id = ${conversationId} AND commands.state = 'waiting'
           AND commands.kind <> 'message'),
        ${LAST_ID})
    ORDER BY events.id LIMIT ${limit}`;
}
