import { Injectable } from '@nestjs/common';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import type { Prisma, Turn } from '../../generated/prisma/client.js';
import { turnsAnsweredBy } from '../../memory/continued-turns.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { BESIDE_ALL_EPOCHS } from '../../memory/message.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { UNWRITTEN_SOURCES } from '../../channel/event-source.js';
import { ApprovalRepository } from '../approvals/approval.repository.js';

const FAR_FUTURE = 'infinity';

/** Ends the turns, and the waiting messages, of a chat that gets no answer: it is blocked, or out of reach. */
@Injectable()
export class TurnDropRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly approvals: ApprovalRepository,
    private readonly budgets: BudgetLedgerRepository,
  ) {}

  /**
   * Cancels the unfinished turns of a blocked chat, and ends its waiting messages, which are recorded but not read.
   * @throws LeaseLostError
   */
  async dropAll(lease: Lease): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await this.dropWithin(tx, lease, 'CHAT_BLOCKED', FAR_FUTURE);
    });
  }

  /**
   * Does the same for an unreachable chat, except for messages that people wrote after it was marked so: they clear the
   * mark.
   * @returns true if the chat is reachable again
   * @throws LeaseLostError
   */
  async dropUnreachable(lease: Lease): Promise<boolean> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const since = await this.conversations.unreachableSince(tx, lease.conversationId);
      if (since !== null) await this.dropWithin(tx, lease, 'CHAT_UNREACHABLE', since);
      return since === null;
    });
  }

  private async dropWithin(
    tx: Prisma.TransactionClient,
    { conversationId }: Lease,
    code: string,
    until: string,
  ): Promise<void> {
    const open = await tx.turn.findMany({
      where: { conversationId, state: { in: ['waiting', 'running', 'parked'] } },
      select: { id: true, continuesId: true },
    });
    for (const turn of open) await this.cancel(tx, turn, code);
    await tx.$executeRaw`
      UPDATE events SET state = 'dropped'
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind = 'message'
        AND (received_at <= ${until}::timestamptz OR source = ANY (${UNWRITTEN_SOURCES}::text[]))`;
    await this.budgets.settleReservation(
      tx,
      open.map(({ id }) => id),
    );
  }

  /** Cancels a turn in the caller's transaction: its events are dropped, and its messages are in no later request. */
  async cancel(
    tx: Prisma.TransactionClient,
    turn: Pick<Turn, 'id' | 'continuesId'>,
    errorCode: string,
  ): Promise<void> {
    const { id } = turn;
    await tx.event.updateMany({ where: { turnId: id }, data: { state: 'dropped' } });
    const answered = await turnsAnsweredBy(tx, turn);
    // Else the first turn after the block would find them unanswered, and answer them.
    await tx.message.updateMany({
      where: { turnId: { in: answered }, turn: { correctsId: null } },
      data: { epoch: BESIDE_ALL_EPOCHS },
    });
    await tx.turn.update({
      where: { id },
      data: { state: 'cancelled', errorCode, finishedAt: new Date() },
    });
    await this.approvals.withdraw(tx, id);
  }
}
