import { Injectable } from '@nestjs/common';
import { ChannelMessageId } from '../channel/ids.js';
import type { Destination } from '../channel/channel.js';
import { columnsOf } from '../platform/database/columns.js';
import { deferralOf, isWithin, putOffBy, waitMsOf } from '../platform/database/deferred.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { ErrorText } from '../platform/errors/error-text.js';
import { Prisma, type Reply, type ReplyClass } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository, type Reading } from '../queue/lease/lease.repository.js';
import { type FloodChat, FloodGate } from './flood/flood-gate.js';
import { type SeenWindows, seenWindows } from './flood/flood-windows.repository.js';
import { confirmationDeferral, type Doubt, doubtDeferral, LATE_MS, markLateEdit } from './late-edit.js';

export interface OpenReply extends Reply {
  readonly destination: Destination & FloodChat;
  /** Time until it may be sent, by the database's clock. */
  readonly waitMs: number;
  /** Time since its commit, by the database's clock. */
  readonly ageMs: number;
  /** The class of the most urgent reply behind it, for they go out in order. */
  readonly urgency: ReplyClass;
  /** The channel recently refused sends to its chat. */
  readonly unreachable: boolean;
  /** Set for a settled reply whose text must only be confirmed; null: the reply is open. */
  readonly doubt: Doubt | null;
  /** The flood gate's windows of its chat, read with it. */
  readonly windows: SeenWindows;
}

/** A reply with work left, as it is selected. */
export type OpenRow = Reply &
  OpenReply['destination'] &
  Pick<OpenReply, 'waitMs' | 'ageMs' | 'urgency' | 'unreachable' | 'windows'> &
  (Doubt | { readonly [K in keyof Doubt]: null });

type Change = Omit<Prisma.ReplyUncheckedUpdateInput, 'error'> & { readonly error?: ErrorText };
type Letter = Prisma.DeadLetterUncheckedCreateInput & { readonly lastError: ErrorText };

/** Background replies held longer than this are promoted to interactive. */
const PATIENCE_MS = 60_000;

/** A reply that is about to be sent, in the `SET` of an UPDATE. */
const beingSent = Prisma.sql`state = 'sending', attempts = attempts + 1, gated_at = NULL,
  sending_at = clock_timestamp()`;

/** The outbox, as the sender sees it. Every change checks the sender's lease. */
@Injectable()
export class ReplyRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly gate: FloodGate,
  ) {}

  /**
   * The oldest reply with work left: replies of a conversation go out in order. While that reply has to wait, a text
   * that may have been overwritten: always the newest of its message.
   */
  async nextOpen(conversationId: string): Promise<OpenReply | null> {
    const { select, stateOf } = this.reading(conversationId);
    const [row] = await this.prisma.$queryRaw<OpenRow[]>(select);
    return row ? stateOf(row) : null;
  }

  /** The same for `LeaseHolder.holdAndRead`. */
  reading(conversationId: string): Reading<OpenRow, OpenReply> {
    const select = Prisma.sql`
      WITH head AS MATERIALIZED (
      (SELECT r.id, ${waitMsOf(deferralOf('r'))} AS "waitMs",
             extract(epoch FROM clock_timestamp() - r.created_at)::float8 * 1000 AS "ageMs",
             CASE WHEN r.class = 'interactive'
                    OR NOT (${isWithin(Prisma.sql`r.gated_at`, PATIENCE_MS)})
                    OR EXISTS (SELECT FROM replies b WHERE b.conversation_id = r.conversation_id
                               AND b.settled_at IS NULL AND b.class = 'interactive')
                  THEN 'interactive' ELSE 'background' END AS urgency,
             NULL::int AS marks, NULL::int AS tries, NULL::boolean AS gated, NULL::float8 AS "leftMs", NULL AS until
      FROM replies r WHERE r.conversation_id = ${conversationId}::uuid AND r.settled_at IS NULL
      ORDER BY r.id LIMIT 1)
      UNION ALL
      (SELECT r.id, ${waitMsOf(confirmationDeferral)} AS "waitMs",
             extract(epoch FROM clock_timestamp() - l.created_at)::float8 * 1000,
             'background', l.marks, l.tries, l.gated, ${waitMsOf(doubtDeferral)}, l.until::text
      FROM late_edits l
      CROSS JOIN LATERAL (
        SELECT id, settled_at FROM replies
        WHERE conversation_id = l.conversation_id AND channel_message_id = l.channel_message_id
        ORDER BY id DESC LIMIT 1) r
      WHERE l.conversation_id = ${conversationId}::uuid AND r.settled_at IS NOT NULL
      ORDER BY "waitMs" LIMIT 1)
      ORDER BY "waitMs", marks NULLS FIRST LIMIT 1)
      SELECT ${columnsOf(Prisma.ReplyScalarFieldEnum, 'r')}, head."waitMs", head."ageMs", head.urgency, head.marks,
             head.tries, head.gated, head."leftMs", head.until, c.channel, c.chat_id AS "chatId",
             c.thread_id AS "threadId", c.via, c.chat_type AS "chatType", c.unreachable_at IS NOT NULL AS unreachable,
             ${seenWindows} AS windows
      FROM head JOIN replies r ON r.id = head.id JOIN conversations c ON c.id = r.conversation_id`;
    return { select, stateOf: openReplyOf };
  }

  /**
   * Marks the reply as being sent, before the call, if the flood gate passes it; else defers it. An edit that another
   * sender has begun may still take effect.
   * @returns milliseconds until the caller may try again; 0: send it now
   * @throws LeaseLostError
   */
  async markSending(lease: Lease, reply: OpenReply): Promise<number> {
    const { id, conversationId, channelMessageId: messageId, destination, urgency, gatedAt } = reply;
    if (await this.markAsSeen(lease, reply)) return 0;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      if (reply.state === 'sending' && messageId !== null)
        await markLateEdit(tx, { conversationId, channelMessageId: ChannelMessageId(messageId) }, LATE_MS);
      const waitMs = await this.gate.pass(tx, destination, { class: urgency, inLine: gatedAt !== null });
      if (waitMs > 0) {
        await tx.$executeRaw`
          UPDATE replies SET ${putOffBy(waitMs)},
            gated_at = coalesce(gated_at, clock_timestamp())
          WHERE id = ${id}`;
      } else {
        await tx.$executeRaw`
          UPDATE replies SET ${beingSent} WHERE id = ${id}`;
      }
      return waitMs;
    });
  }

  /**
   * Marks it in one statement, if the gate passes it by the windows that were read with it.
   * @returns false, with nothing changed, if they say otherwise or have changed, or another sender has begun an edit
   */
  private async markAsSeen(lease: Lease, reply: OpenReply): Promise<boolean> {
    const { id, state, channelMessageId, destination, urgency, gatedAt, windows } = reply;
    if (state === 'sending' && channelMessageId !== null) return false;
    const ask = { class: urgency, inLine: gatedAt !== null };
    const passed = this.gate.passAsSeen(destination, ask, windows);
    if (passed === null) return false;
    const marked = Prisma.sql`${passed}, marked AS (
      UPDATE replies SET ${beingSent} FROM passed WHERE id = ${id} RETURNING id)`;
    return (await this.leases.queryHeld(lease, marked, Prisma.sql`SELECT id FROM marked`)) !== null;
  }

  /**
   * Settles a reply that was sent. If its text changed during the send, it is opened again as an edit.
   * @param reply as it was sent
   * @returns whether work is left for the sender; if not, the lease is given back with the record
   * @throws LeaseLostError when another holder has settled the reply meanwhile
   */
  async sent(
    lease: Lease,
    reply: OpenReply,
    state: 'sent' | 'uncertain',
    channelMessageId: ChannelMessageId,
  ): Promise<boolean> {
    const { id, conversationId, body, unreachable } = reply;
    const isSame = Prisma.sql`body = ${JSON.stringify(body)}::jsonb`;
    const row = await this.leases.queryHeld<{ isLeft: boolean }>(
      lease,
      Prisma.sql`
        settled AS (
          UPDATE replies SET channel_message_id = ${channelMessageId},
            state = CASE WHEN ${isSame} THEN ${state} ELSE 'pending' END::reply_state,
            settled_at = CASE WHEN ${isSame} THEN ${new Date()}::timestamptz END
          FROM held WHERE id = ${id}
          RETURNING settled_at IS NULL AS is_open
        ), work AS (
          SELECT EXISTS (SELECT FROM settled WHERE is_open)
            OR EXISTS (SELECT FROM replies
                       WHERE conversation_id = ${conversationId}::uuid AND settled_at IS NULL AND id <> ${id})
            OR EXISTS (SELECT FROM late_edits WHERE conversation_id = ${conversationId}::uuid) AS "isLeft"
          FROM held
        ), reached AS (
          UPDATE conversations SET unreachable_at = NULL
          FROM held WHERE id = ${conversationId}::uuid AND ${unreachable}::boolean
        )`,
      Prisma.sql`SELECT "isLeft" FROM work`,
      Prisma.sql`NOT (SELECT "isLeft" FROM work)`,
    );
    return row?.isLeft ?? true;
  }

  /** Defers the reply for another try in `delayMs`, by the database's clock. @throws LeaseLostError */
  async putBack(lease: Lease, id: bigint, change: Change, delayMs: number): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.reply.update({ where: { id }, data: change });
      await tx.$executeRaw`
        UPDATE replies SET ${putOffBy(delayMs)} WHERE id = ${id}`;
    });
  }

  /**
   * Settles a reply that failed for good and keeps it as a dead letter in the same transaction. Safe to repeat.
   * @param reach whether its chat can receive messages at all
   */
  async bury(
    lease: Lease,
    reply: Reply,
    change: Change,
    letter: Letter,
    reach: 'reachable' | 'unreachable',
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      // The row's own count, which includes the try that just failed.
      const { attempts } = await tx.reply.update({
        where: { id: reply.id },
        data: { ...change, settledAt: new Date() },
      });
      const { kind, subjectId } = letter;
      await tx.deadLetter.upsert({
        where: { kind_subjectId: { kind, subjectId } },
        create: { ...letter, attempts },
        update: {},
      });
      if (reach === 'unreachable') {
        // Any event of the chat since the send began, a message or an unblocked bot, shows that the chat is reachable.
        await tx.$executeRaw`
          UPDATE conversations c SET unreachable_at = coalesce(r.sending_at, clock_timestamp())
          FROM replies r
          WHERE r.id = ${reply.id} AND c.id = r.conversation_id AND NOT EXISTS (
            SELECT FROM conversations topic JOIN events e ON e.conversation_id = topic.id
            WHERE topic.channel = c.channel AND topic.chat_id = c.chat_id
              AND e.source = c.channel AND e.received_at > r.sending_at)`;
      }
    });
  }
}

function openReplyOf({ channel, chatId, threadId, via, chatType, ...row }: OpenRow): OpenReply {
  const { marks, tries, gated, leftMs, until, ...reply } = row;
  const doubt = marks === null ? null : { marks, tries, gated, leftMs, until };
  return { ...reply, doubt, destination: { channel, chatId, threadId, via, chatType } };
}
