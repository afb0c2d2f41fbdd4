import { Injectable } from '@nestjs/common';
import { ChannelMessageId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Draft, Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../queue/lease/lease.repository.js';
import { markLateEdit, type ShownMessage } from './late-edit.js';

/** An edit of a draft that is under way: the time at which it began, as PostgreSQL writes it. */
export type DraftEdit = string & { readonly brand: 'DraftEdit' };

/** The messages in which running turns show their answer so far. Every change checks the turn's lease. */
@Injectable()
export class DraftRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
  ) {}

  /** The draft of an earlier run of the turn. */
  find(turnId: string): Promise<Draft | null> {
    return this.prisma.draft.findUnique({ where: { turnId } });
  }

  /**
   * Records the text that a preview, which is not a message, is about to show.
   * @returns false, as `begin`
   * @throws LeaseLostError
   */
  async beginPreview(lease: Lease, turnId: string, text: string): Promise<boolean> {
    return await this.create(lease, { turnId, text, isMessage: false, state: 'shown' });
  }

  /**
   * Records that the draft is about to be sent: from now on the chat may show it.
   * @returns false, and records nothing, while earlier replies of the conversation are unsent: the draft must not
   * overtake them
   * @throws LeaseLostError
   */
  async begin(lease: Lease, turnId: string, text: string): Promise<boolean> {
    return await this.create(lease, { turnId, text });
  }

  private async create(lease: Lease, data: Prisma.DraftUncheckedCreateInput): Promise<boolean> {
    return await this.fenced(lease, async (tx) => {
      const earlier = await tx.reply.findFirst({
        where: { conversationId: lease.conversationId, settledAt: null },
        select: { id: true },
      });
      if (earlier) return false;
      await tx.draft.create({ data });
      return true;
    });
  }

  /** @throws LeaseLostError */
  async shown(lease: Lease, turnId: string, channelMessageId: ChannelMessageId): Promise<void> {
    await this.fenced(lease, (tx) =>
      tx.draft.update({ where: { turnId }, data: { state: 'shown', channelMessageId } }),
    );
  }

  /**
   * Records the text that the draft is about to show, and that an edit is under way until `edited`.
   * @throws LeaseLostError
   */
  async keep(lease: Lease, turnId: string, text: string): Promise<DraftEdit> {
    const [draft] = await this.fenced(
      lease,
      (tx) => tx.$queryRaw<{ edit: DraftEdit }[]>`
        UPDATE drafts SET text = ${text}, editing_since = clock_timestamp() WHERE turn_id = ${turnId}::uuid
        RETURNING editing_since::text AS edit`,
    );
    if (!draft) throw new Error('the draft is gone');
    return draft.edit;
  }

  /**
   * Records that the edit has ended with a known outcome. Needs no lease: `edit` identifies the edit.
   * @returns false if a reply took the draft over meanwhile: the edit may have overwritten that reply's text
   */
  async edited(turnId: string, edit: DraftEdit): Promise<boolean> {
    const changed = await this.prisma.$executeRaw`
      UPDATE drafts SET editing_since = NULL
      WHERE turn_id = ${turnId}::uuid AND editing_since = ${edit}::timestamptz`;
    return changed === 1;
  }

  /** Deletes a draft that was certainly not sent. @throws LeaseLostError */
  async takeBack(lease: Lease, turnId: string): Promise<void> {
    await this.fenced(lease, (tx) => tx.draft.deleteMany({ where: { turnId } }));
  }

  /** Reads the turn's draft in the caller's transaction. */
  read(tx: Prisma.TransactionClient, turnId: string): Promise<Draft | null> {
    return tx.draft.findUnique({ where: { turnId } });
  }

  /**
   * Reports a draft's message to the turn's new holder, who cannot know of it: the draft gets the message id, or else
   * the reply that has replaced the draft does. A reply that is being sent already stays uncertain, as after the death
   * of its sender.
   */
  async handOver(turnId: string, { conversationId, channelMessageId }: ShownMessage): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      const own = { turnId, isMessage: true, channelMessageId: null };
      const recorded = await tx.draft.updateMany({ where: own, data: { state: 'shown', channelMessageId } });
      if (recorded.count > 0) return;
      const unsent = { state: 'uncertain', unknownSends: 1, channelMessageId: null } as const;
      await tx.reply.updateMany({
        where: { conversationId, turnId, part: 0, ...unsent },
        data: { state: 'pending', unknownSends: 0, channelMessageId },
      });
    });
  }

  /** See `markLateEdit`. */
  async markLate(message: ShownMessage, forMs: number): Promise<void> {
    await markLateEdit(this.prisma, message, forMs);
  }

  private async fenced<T>(lease: Lease, change: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      return await change(tx);
    });
  }
}
