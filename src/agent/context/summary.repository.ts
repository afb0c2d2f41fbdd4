import { Injectable } from '@nestjs/common';
import { type Amount, nothing } from '../../budget/amount.js';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { type Deferral, isDue } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { ErrorText } from '../../platform/errors/error-text.js';
import { type Conversation, Prisma, type Summary } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';

/** The columns of a summary's pause. */
const deferral: Deferral = { since: Prisma.sql`deferred_at`, until: Prisma.sql`due_at` };

/** A summary that takes the place of the one before it. */
export interface NewSummary {
  readonly text: string;
  readonly coversFrom: bigint;
  readonly coversUntil: bigint;
  readonly model: string;
  readonly tokens: number;
  /** It covers text from outside. */
  readonly outside: boolean;
}

/**
 * One rolling summary for each epoch of a conversation. The first request creates its row; while `due_at` is set, the
 * lane "summaries" has work. Every change but a request checks that lane's lease in its own transaction, and settles
 * there the summary's usage of the budgets.
 */
@Injectable()
export class SummaryRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly budgets: BudgetLedgerRepository,
  ) {}

  /** Finds the epoch's summary; null if none was requested. Its text may still be empty. */
  findLatest(
    conversationId: string,
    epoch: number,
    db: Prisma.TransactionClient = this.prisma,
  ): Promise<Summary | null> {
    return db.summary.findUnique({ where: { conversationId_epoch: { conversationId, epoch } } });
  }

  /**
   * Requests a summary of the epoch's older part. A repeated request with no newer message changes nothing, so that a
   * summary that was given up stays so until there are new messages; a pause before the next try is kept.
   * @param newest the newest message that is known
   */
  async ask(conversationId: string, epoch: number, newest: bigint): Promise<void> {
    // Selected from the table: the conversation may be erased by now.
    await this.prisma.$executeRaw`
      INSERT INTO summaries (conversation_id, epoch, asked_until, due_at)
      SELECT id, ${epoch}, ${newest}, clock_timestamp() FROM conversations WHERE id = ${conversationId}::uuid
      ON CONFLICT (conversation_id, epoch) DO UPDATE
        SET asked_until = excluded.asked_until,
            due_at = coalesce(summaries.due_at, excluded.due_at),
            deferred_at = CASE WHEN summaries.due_at IS NULL THEN NULL ELSE summaries.deferred_at END,
            attempts = CASE WHEN summaries.due_at IS NULL THEN 0 ELSE summaries.attempts END
        WHERE summaries.asked_until < excluded.asked_until`;
  }

  /**
   * Finds the current epoch's summary if it is due; those of earlier epochs are not made any more. @throws
   * LeaseLostError
   */
  async due(lease: Lease, { id, epoch }: Conversation): Promise<Summary | null> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.$executeRaw`
        UPDATE summaries SET due_at = NULL
        WHERE conversation_id = ${id}::uuid AND epoch < ${epoch} AND due_at IS NOT NULL`;
      const due = await tx.$queryRaw<unknown[]>`
        SELECT FROM summaries
        WHERE conversation_id = ${id}::uuid AND epoch = ${epoch} AND due_at IS NOT NULL AND ${isDue(deferral)}`;
      if (due.length > 0) return await this.findLatest(id, epoch, tx);
      // The reservation of a dead process for a summary that is not made any more.
      await this.budgets.settleReservation(tx, [], { conversationId: id, used: nothing });
      return null;
    });
  }

  /** Replaces the summary that it was made from, and is due again at once; repeatable. @throws LeaseLostError */
  async replace(
    lease: Lease,
    { conversationId, epoch, coversUntil }: Summary,
    made: NewSummary,
    used: Amount,
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const { count } = await tx.summary.updateMany({
        where: { conversationId, epoch, coversUntil },
        data: { ...made, attempts: 0, error: null },
      });
      if (count > 0) await this.budgets.settleReservation(tx, [], { conversationId, used });
    });
  }

  /** Closes the request, unless it was repeated meanwhile. @throws LeaseLostError */
  async closeRequest(lease: Lease, { conversationId, epoch, askedUntil }: Summary): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.summary.updateMany({
        where: { conversationId, epoch, askedUntil },
        data: { dueAt: null, attempts: 0, error: null },
      });
      await this.budgets.settleReservation(tx, [], { conversationId, used: nothing });
    });
  }

  /**
   * Counts a failed try; repeatable.
   * @param delayMs until the next one; null: none before the next request
   * @throws LeaseLostError
   */
  fail(
    lease: Lease,
    summary: Summary,
    error: ErrorText,
    delayMs: number | null,
    used: Amount,
  ): Promise<void> {
    return this.putOff(lease, summary, { error, delayMs, used, tries: 1 });
  }

  /** Puts the summary off without counting a try, because its budget is exhausted. @throws LeaseLostError */
  wait(lease: Lease, summary: Summary, reason: string, delayMs: number): Promise<void> {
    return this.putOff(lease, summary, { error: reason, delayMs, used: nothing, tries: 0 });
  }

  private async putOff(
    lease: Lease,
    { conversationId, epoch, attempts }: Summary,
    { error, delayMs, used, tries }: { error: string; delayMs: number | null; used: Amount; tries: number },
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const changed = await tx.$executeRaw`
        UPDATE summaries
        SET attempts = attempts + ${tries}::int, error = ${error},
          deferred_at = clock_timestamp(), due_at = clock_timestamp() + ${delayMs} * interval '1 ms'
        WHERE conversation_id = ${conversationId}::uuid AND epoch = ${epoch} AND attempts = ${attempts}`;
      if (changed > 0) await this.budgets.settleReservation(tx, [], { conversationId, used });
    });
  }
}
