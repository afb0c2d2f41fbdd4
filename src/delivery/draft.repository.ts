import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { Draft, Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';
import { LATE_MS, markLateEdit, type ShownMessage } from './late-edit.js';

/** An edit of a draft that is under way: when it began, as PostgreSQL writes it. */
export type DraftEdit = string & { readonly brand: 'DraftEdit' };

/** The messages in which running turns show what they have so far. Every change checks the turn's lease. */
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
   * Records what a preview, which is no message, is about to say.
   * @returns false, as `begin`
   * @throws LeaseLostError
   */
  async beginPreview(lease: Lease, turnId: string, text: string): Promise<boolean> {
    return await this.create(lease, { turnId, text, isMessage: false, state: 'shown' });
  }

  /**
   * Records that the draft is about to be sent: from now on it may be there.
   * @returns false, and nothing is recorded, while earlier replies of the conversation are not out yet: it must not
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
  async shown(lease: Lease, turnId: string, channelMessageId: bigint): Promise<void> {
    await this.fenced(lease, (tx) =>
      tx.draft.update({ where: { turnId }, data: { state: 'shown', channelMessageId } }),
    );
  }

  /**
   * Records what the draft is about to say, and that an edit of it is under way from now on: until `edited`.
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
   * The edit has ended, and its outcome is known. Needs no lease: nobody else's edit is taken for it.
   * @returns false where the draft was taken over meanwhile: the edit may have come after what was put in since
   */
  async edited(turnId: string, edit: DraftEdit): Promise<boolean> {
    const changed = await this.prisma.$executeRaw`
      UPDATE drafts SET editing_since = NULL
      WHERE turn_id = ${turnId}::uuid AND editing_since = ${edit}::timestamptz`;
    return changed === 1;
  }

  /** It was certainly not sent: as if it had never begun. @throws LeaseLostError */
  async takeBack(lease: Lease, turnId: string): Promise<void> {
    await this.fenced(lease, (tx) => tx.draft.deleteMany({ where: { turnId } }));
  }

  /** What the turn shows so far, for its end; in the caller's transaction. */
  read(tx: Prisma.TransactionClient, turnId: string): Promise<Draft | null> {
    return tx.draft.findUnique({ where: { turnId } });
  }

  /**
   * The draft becomes a reply with the caller's transaction. An edit of it that is under way, or was when its process died,
   * may come after that reply.
   * @returns null where there is none
   */
  async takeUp(tx: Prisma.TransactionClient, conversationId: string, turnId: string): Promise<Draft | null> {
    const [draft] = await tx.$queryRaw<Draft[]>`
      DELETE FROM drafts WHERE turn_id = ${turnId}::uuid
      RETURNING turn_id AS "turnId", state, channel_message_id AS "channelMessageId", is_message AS "isMessage", text,
                editing_since AS "editingSince"`;
    if (!draft) return null;
    const { channelMessageId, editingSince } = draft;
    if (channelMessageId !== null && editingSince !== null)
      await markLateEdit(tx, { conversationId, channelMessageId }, LATE_MS);
    return draft;
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
