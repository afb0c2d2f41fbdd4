import { Injectable } from '@nestjs/common';
import type { Destination } from '../channel/channel.js';
import { PrismaService } from '../database/prisma.service.js';
import { Prisma, type Reply } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';

export interface OpenReply extends Reply {
  readonly destination: Destination;
  /** By the database's clock: how long until it may be tried. */
  readonly waitMs: number;
}

type Change = Prisma.ReplyUncheckedUpdateInput;

/** The outbox, as the sender sees it. Every change checks the sender's lease. */
@Injectable()
export class ReplyRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
  ) {}

  /** The oldest reply with something left to do: replies of a conversation go out in order. */
  async nextOpen(conversationId: string): Promise<OpenReply | null> {
    const [head] = await this.prisma.$queryRaw<{ id: bigint; waitMs: number }[]>`
      SELECT id, greatest(0, extract(epoch FROM available_at - clock_timestamp()) * 1000)::float8 AS "waitMs"
      FROM replies WHERE conversation_id = ${conversationId}::uuid AND settled_at IS NULL
      ORDER BY id LIMIT 1`;
    if (!head) return null;
    const reply = await this.prisma.reply.findUnique({
      where: { id: head.id },
      include: { conversation: { select: { chatId: true, threadId: true, via: true } } },
    });
    return reply && { ...reply, destination: reply.conversation, waitMs: head.waitMs };
  }

  /** Marks the reply as being sent, before the call. @throws LeaseLostError */
  async markSending(lease: Lease, id: bigint): Promise<void> {
    await this.change(lease, id, { state: 'sending', attempts: { increment: 1 } });
  }

  /** @throws LeaseLostError when somebody else has decided the reply's fate meanwhile */
  async settle(lease: Lease, id: bigint, change: Change): Promise<void> {
    await this.change(lease, id, { ...change, settledAt: new Date() });
  }

  /** Puts the reply back for another try in `delayMs`, by the database's clock. @throws LeaseLostError */
  async putBack(lease: Lease, id: bigint, change: Change, delayMs: number): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.reply.update({ where: { id }, data: change });
      await tx.$executeRaw`
        UPDATE replies SET available_at = clock_timestamp() + ${delayMs} * interval '1 ms' WHERE id = ${id}`;
    });
  }

  /** Settles a reply that failed for good, and keeps it as a dead letter in the same transaction; repeatable. */
  async bury(
    lease: Lease,
    reply: Reply,
    change: Change,
    letter: Prisma.DeadLetterUncheckedCreateInput,
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
    });
  }

  private async change(lease: Lease, id: bigint, data: Change): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.reply.update({ where: { id }, data });
    });
  }
}
