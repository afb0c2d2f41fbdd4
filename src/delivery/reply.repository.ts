import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Destination } from '../channel/channel.js';
import { deferralOf, isWithin, putOffBy, waitMsOf } from '../database/deferred.js';
import { PrismaService } from '../database/prisma.service.js';
import type { ErrorText } from '../errors/error-text.js';
import { Prisma, type Reply, type ReplyClass } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';
import { type FloodChat, FloodGate } from './flood/flood-gate.js';
import { confirmationDeferral, type Doubt, doubtDeferral, LATE_MS, markLateEdit } from './late-edit.js';

export interface OpenReply extends Reply {
  readonly destination: Destination & FloodChat;
  /** By the database's clock: how long until it may be tried. */
  readonly waitMs: number;
  /** By the database's clock: since it was committed. */
  readonly ageMs: number;
  /** Of the most urgent that waits behind it: they go out in order. */
  readonly urgency: ReplyClass;
  /** Sends to its chat are refused of late. */
  readonly unreachable: boolean;
  /** Set where it is settled, and only its text has to be put in once more; null: it is open. */
  readonly doubt: Doubt | null;
}

type Head = Pick<OpenReply, 'id' | 'waitMs' | 'ageMs' | 'urgency'> &
  (Doubt | { readonly [K in keyof Doubt]: null });

type Change = Omit<Prisma.ReplyUncheckedUpdateInput, 'error'> & { readonly error?: ErrorText };
type Letter = Prisma.DeadLetterUncheckedCreateInput & { readonly lastError: ErrorText };

/** Who waits longer for the gate, though nobody waits for him, goes as if somebody did. */
const PATIENCE_MS = 60_000;

/** The outbox, as the sender sees it. Every change checks the sender's lease. */
@Injectable()
export class ReplyRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly gate: FloodGate,
  ) {}

  /**
   * The oldest reply with something left to do: replies of a conversation go out in order. Only while that has to wait, a
   * text that may have been overwritten: always the newest of its message.
   */
  async nextOpen(conversationId: string): Promise<OpenReply | null> {
    const [head] = await this.prisma.$queryRaw<Head[]>`
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
      ORDER BY "waitMs", marks NULLS FIRST LIMIT 1`;
    if (!head) return null;
    const reply = await this.prisma.reply.findUnique({
      where: { id: head.id },
      include: {
        conversation: {
          select: {
            channel: true,
            chatId: true,
            threadId: true,
            via: true,
            chatType: true,
            unreachableAt: true,
          },
        },
      },
    });
    if (!reply) return null;
    const { unreachableAt, ...destination } = reply.conversation;
    const { id, waitMs, ageMs, urgency, ...doubt } = head;
    return {
      ...reply,
      id,
      waitMs,
      ageMs,
      urgency,
      doubt: doubt.marks === null ? null : doubt,
      destination,
      unreachable: unreachableAt !== null,
    };
  }

  /**
   * Marks the reply as being sent, before the call, if the flood gate lets it through; else it waits for that. An edit that
   * somebody else has begun may still take effect.
   * @returns milliseconds until it may try again; 0: it is to be sent, now
   * @throws LeaseLostError
   */
  async markSending(lease: Lease, reply: OpenReply): Promise<number> {
    const { id, conversationId, channelMessageId, destination, urgency, gatedAt } = reply;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      if (reply.state === 'sending' && channelMessageId !== null)
        await markLateEdit(tx, { conversationId, channelMessageId }, LATE_MS);
      const waitMs = await this.gate.pass(tx, destination, { class: urgency, inLine: gatedAt !== null });
      if (waitMs > 0) {
        await tx.$executeRaw`
          UPDATE replies SET ${putOffBy(waitMs)},
            gated_at = coalesce(gated_at, clock_timestamp())
          WHERE id = ${id}`;
      } else {
        await tx.$executeRaw`
          UPDATE replies SET state = 'sending', attempts = attempts + 1, gated_at = NULL,
            sending_at = clock_timestamp()
          WHERE id = ${id}`;
      }
      return waitMs;
    });
  }

  /**
   * Settles a reply that was sent. Where it was given another text while that was under way, it is open again, to be
   * edited.
   * @param reply as it was sent
   * @throws LeaseLostError when somebody else has decided the reply's fate meanwhile
   */
  async sent(
    lease: Lease,
    reply: OpenReply,
    state: 'sent' | 'uncertain',
    channelMessageId: bigint,
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const { body } = await tx.reply.update({
        where: { id: reply.id },
        data: { state, channelMessageId, settledAt: new Date() },
      });
      if (reply.unreachable)
        await tx.conversation.update({
          where: { id: reply.conversationId },
          data: { unreachableAt: null },
        });
      if (isDeepStrictEqual(body, reply.body)) return;
      await tx.reply.update({ where: { id: reply.id }, data: { state: 'pending', settledAt: null } });
    });
  }

  /** Puts the reply back for another try in `delayMs`, by the database's clock. @throws LeaseLostError */
  async putBack(lease: Lease, id: bigint, change: Change, delayMs: number): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.reply.update({ where: { id }, data: change });
      await tx.$executeRaw`
        UPDATE replies SET ${putOffBy(delayMs)} WHERE id = ${id}`;
    });
  }

  /**
   * Settles a reply that failed for good, and keeps it as a dead letter in the same transaction; repeatable.
   * @param reach whether its chat can be sent anything at all
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
      // As the row has it: with the try that just failed.
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
        // Whatever came from the chat since the send began, a message or that it lets the bot in, shows that somebody is there.
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
