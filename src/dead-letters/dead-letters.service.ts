import { Injectable, Logger } from '@nestjs/common';
import { SUSPECT_AFTER } from '../agent/turns/turn-deaths.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { DeadLetter, Prisma } from '../generated/prisma/client.js';
import { lockLease } from '../queue/lease/lock-lease.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneName } from '../queue/lanes.js';

/** An operator's actions on work that failed for good. */
@Injectable()
export class DeadLettersService {
  private readonly logger = new Logger(DeadLettersService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly waker: LaneWaker,
  ) {}

  /** The newest of them, newest first. */
  newest(limit: number): Promise<DeadLetter[]> {
    return this.prisma.deadLetter.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit });
  }

  find(id: string): Promise<DeadLetter | null> {
    return this.prisma.deadLetter.findUnique({ where: { id } });
  }

  /**
   * Puts the work back into its lane as it stands: a turn continues from its finished steps, a reply is sent again.
   * @returns false if there is no such dead letter
   */
  async replay(id: string): Promise<boolean> {
    const letter = await this.prisma.$transaction(async (tx) => {
      const known = await tx.deadLetter.findFirst({
        where: { id, OR: [{ conversationId: null }, { conversation: { erasedAt: null } }] },
      });
      if (!known) return null;
      // First, as every commit for the conversation does: its events, turns and replies are locked behind it.
      if (known.conversationId !== null)
        await lockLease(tx, known.conversationId, known.kind === 'reply' ? 'deliveries' : 'turns');
      await this.lockEvents(tx, known);
      const taken = await this.takeLetter(tx, id);
      if (taken) await this.reopen(tx, taken);
      return taken;
    });
    if (!letter) return false;
    this.logger.log({
      msg: 'dead letter replayed',
      deadLetterId: id,
      kind: letter.kind,
      subjectId: letter.subjectId,
    });
    if (letter.conversationId) this.waker.wake(laneOf(letter), letter.conversationId);
    return true;
  }

  /** Deletes it for good. @returns false if there is no such dead letter */
  async discard(id: string): Promise<boolean> {
    const { count } = await this.prisma.deadLetter.deleteMany({ where: { id } });
    if (count > 0) this.logger.log({ msg: 'dead letter discarded', deadLetterId: id });
    return count > 0;
  }

  /** Before the letter, in the order of a transaction that makes a letter of an event. */
  private async lockEvents(tx: Prisma.TransactionClient, { kind, subjectId }: DeadLetter): Promise<void> {
    if (kind === 'turn')
      await tx.$queryRaw`SELECT 1 FROM events WHERE turn_id = ${subjectId}::uuid ORDER BY id FOR UPDATE`;
    if (kind === 'event') await tx.$queryRaw`SELECT 1 FROM events WHERE id = ${BigInt(subjectId)} FOR UPDATE`;
  }

  /** One of two concurrent replays gets it. */
  private async takeLetter(tx: Prisma.TransactionClient, id: string): Promise<DeadLetter | null> {
    const letter = await tx.deadLetter.findUnique({ where: { id } });
    const { count } = await tx.deadLetter.deleteMany({ where: { id } });
    return count > 0 ? letter : null;
  }

  private async reopen(tx: Prisma.TransactionClient, { kind, subjectId, reason }: DeadLetter): Promise<void> {
    // Due by any clock.
    const now = new Date(0);
    switch (kind) {
      case 'turn':
        await tx.event.updateMany({ where: { turnId: subjectId }, data: { state: 'claimed' } });
        await tx.turn.updateMany({
          where: { id: subjectId },
          data: {
            state: 'waiting',
            attempts: 0,
            // A turn that ended its process before runs apart from others.
            takeovers: reason === 'TURN_POISON' ? SUSPECT_AFTER : 0,
            deaths: 0,
            handBacks: 0,
            outages: 0,
            spentMs: 0,
            availableAt: now,
            finishedAt: null,
          },
        });
        return;
      case 'reply':
        await tx.reply.updateMany({
          where: { id: BigInt(subjectId) },
          data: { state: 'pending', attempts: 0, unknownSends: 0, availableAt: now, settledAt: null },
        });
        return;
      case 'event':
        await tx.event.updateMany({
          where: { id: BigInt(subjectId), state: 'dead' },
          data: { state: 'waiting' },
        });
        return;
    }
  }
}

function laneOf({ kind }: DeadLetter): LaneName {
  return kind === 'reply' ? 'deliveries' : 'turns';
}
