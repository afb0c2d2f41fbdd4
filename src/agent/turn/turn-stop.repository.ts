import { Injectable } from '@nestjs/common';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import { type NewReply, Outbox } from '../../delivery/outbox.js';
import type { Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';
import { previewIdOf } from '../live/preview-id.js';
import type { Texts } from '../../texts/texts.js';

/** What the chat is told; it belongs to the turn that was stopped, where there was one. */
export type Confirmation = Omit<NewReply, 'conversationId'>;

/** What a stopped turn says in the end; `hadBegun`: behind what it had said so far. */
interface LastWords extends Confirmation {
  readonly hadBegun: boolean;
}

/** /stop in the database. */
@Injectable()
export class TurnStop {
  constructor(
    private readonly leases: LeaseRepository,
    private readonly messages: MessageRepository,
    private readonly drafts: DraftRepository,
    private readonly waitNotices: WaitNoticeRepository,
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
    for (const turn of open) {
      const { hadBegun, ...last } = await this.cancel(tx, turn, texts);
      if (hadBegun) await this.outbox.add(tx, { conversationId, ...last });
      confirmation = hadBegun ? { text: texts.stopped } : last;
    }
    await this.budgets.settle(
      tx,
      open.map(({ id }) => id),
    );
    return confirmation ?? (await this.dropWaiting(tx, conversationId, eventId, texts));
  }

  /**
   * Cancels the turn whose preview this is, as `stop` does; no other, and it drops nothing.
   * @returns what the chat is told; null where the turn is over: somebody pressed twice, or too late
   * @throws LeaseLostError
   */
  async stopPreview(
    tx: Prisma.TransactionClient,
    conversationId: string,
    previewId: number,
    holder: Lease | null,
    texts: Texts,
  ): Promise<Confirmation | null> {
    if (holder) await this.leases.assertHeld(tx, holder);
    else await this.leases.lock(tx, conversationId, 'turns');
    const open = await tx.turn.findMany({ where: { conversationId, state: { in: ['waiting', 'running'] } } });
    const turn = open.find(({ id }) => previewIdOf(id) === previewId);
    if (!turn) return null;
    if (!holder) await this.leases.revoke(tx, conversationId, 'turns');
    const { hadBegun: _, ...last } = await this.cancel(tx, turn, texts);
    await this.budgets.settle(tx, [turn.id]);
    return last;
  }

  /**
   * The answer that says so keeps the next turn from answering the same messages.
   * @returns the turn's last words
   */
  private async cancel(tx: Prisma.TransactionClient, turn: Turn, texts: Texts): Promise<LastWords> {
    await tx.event.updateMany({ where: { turnId: turn.id }, data: { state: 'done' } });
    await tx.turn.update({
      where: { id: turn.id },
      data: { state: 'cancelled', errorCode: 'STOPPED', finishedAt: new Date() },
    });
    // The turn first, as whoever decides takes them.
    await this.approvals.withdraw(tx, turn.id);
    // What was already said stays.
    const draft = await this.drafts.read(tx, turn.id);
    const hadBegun = draft !== null && draft.text !== '';
    const text = hadBegun ? `${draft.text}\n\n${texts.stoppedHere}` : texts.stopped;
    const messageId = await this.messages.addAnswer(tx, turn, text);
    return { text, turnId: turn.id, messageId, hadBegun };
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
    if (count === 0) return { text: texts.nothingToStop };
    // Else it would tell for ever that they wait.
    const notice = await this.waitNotices.takeUp(tx, conversationId);
    return { text: texts.stopped, ...(notice === null ? {} : { inPlaceOf: notice }) };
  }
}
