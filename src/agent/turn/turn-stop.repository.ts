import { Injectable } from '@nestjs/common';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { type NewReply, Outbox } from '../../delivery/outbox.js';
import type { Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import type { Texts } from '../../texts/texts.js';

/** What the chat is told; it belongs to the turn that was stopped, where there was one. */
export type Confirmation = Omit<NewReply, 'conversationId'>;

/** /stop in the database. */
@Injectable()
export class TurnStop {
  constructor(
    private readonly leases: LeaseRepository,
    private readonly messages: MessageRepository,
    private readonly drafts: DraftRepository,
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalRepository,
    private readonly budgets: BudgetLedger,
  ) {}

  /**
   * Cancels the conversation's unfinished turn in the caller's transaction. A runner that is at work on it, on whichever
   * machine, loses its lease with that commit: it can add nothing, and `TurnWatch` tells it soon. What the turn had
   * finished stays on record. Where no turn is under way yet, the messages before the /stop are dropped instead.
   * @param holder who calls from within the lane "turns"; null from outside
   * @param texts of who says /stop
   * @throws LeaseLostError
   */
  async stop(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    holder: Lease | null,
    texts: Texts,
  ): Promise<Confirmation> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.revoke(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({
      where: { conversationId, state: { in: ['waiting', 'running', 'parked'] } },
    });
    let confirmation: Confirmation | null = null;
    for (const turn of open) confirmation = await this.cancel(tx, turn, texts);
    await this.budgets.settle(
      tx,
      open.map(({ id }) => id),
    );
    return confirmation ?? (await this.dropWaiting(tx, conversationId, eventId, texts));
  }

  /** The answer that says so keeps the next turn from answering the same messages. */
  private async cancel(tx: Prisma.TransactionClient, turn: Turn, texts: Texts): Promise<Confirmation> {
    await tx.event.updateMany({ where: { turnId: turn.id }, data: { state: 'done' } });
    await tx.turn.update({
      where: { id: turn.id },
      data: { state: 'cancelled', errorCode: 'STOPPED', finishedAt: new Date() },
    });
    // The turn first, as whoever decides takes them.
    await this.approvals.withdraw(tx, turn.id);
    const draft = await this.drafts.read(tx, turn.id);
    if (!draft) {
      const messageId = await this.messages.addAnswer(tx, turn, texts.stopped);
      return { text: texts.stopped, turnId: turn.id, messageId };
    }
    // What was already said stays.
    const text = `${draft.text}\n\n${texts.stoppedHere}`;
    const messageId = await this.messages.addAnswer(tx, turn, text);
    await this.outbox.add(tx, { conversationId: turn.conversationId, turnId: turn.id, messageId, text });
    return { text: texts.stopped };
  }

  private async dropWaiting(
    tx: Prisma.TransactionClient,
    conversationId: string,
    eventId: bigint,
    texts: Texts,
  ): Promise<Confirmation> {
    const { count } = await tx.event.updateMany({
      where: { conversationId, state: 'waiting', kind: 'message', id: { lt: eventId } },
      data: { state: 'dropped' },
    });
    return { text: count > 0 ? texts.stopped : texts.nothingToStop };
  }
}
