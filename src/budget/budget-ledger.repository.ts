import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { type BudgetScope, Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../queue/lease/lease.repository.js';
import { type Amount, limits } from './amount.js';
import { BudgetLimits } from './budget-limits.js';
import {
  chargeStatement,
  reserveStatement,
  settleStatement,
  summaryClaims,
  type SummaryUse,
  today,
  turnClaims,
} from './ledger-statements.js';

/** Rolls the transaction back: one of several budgets refused. */
class Refused extends Error {
  constructor(readonly scope: BudgetScope) {
    super(`the budget of scope ${scope} is used up`);
  }
}

/**
 * Usage and reservations, a row for each day and each user, chat, and (if limited) the whole deployment. Every
 * statement locks the rows in the order of scope and key, so that no two deadlock; the row of all comes last and is
 * held the shortest.
 */
@Injectable()
export class BudgetLedgerRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly limits: BudgetLimits,
  ) {}

  /**
   * Reserves `total` of every limited budget for a turn. Earlier reservations of the turn count, so any process that
   * continues the turn may ask again. All or nothing.
   * @returns null, or the owner of the budget that refuses
   * @throws LeaseLostError
   */
  reserve(lease: Lease, turnId: string, total: Amount): Promise<BudgetScope | null> {
    return this.reserveAll(lease, reserveStatement(turnClaims(turnId), total, this.limits));
  }

  /** The same for the summary of the lease's conversation. @throws LeaseLostError */
  reserveForSummary(lease: Lease, total: Amount): Promise<BudgetScope | null> {
    return this.reserveAll(lease, reserveStatement(summaryClaims(lease.conversationId), total, this.limits));
  }

  private async reserveAll(lease: Lease, statement: Prisma.Sql): Promise<BudgetScope | null> {
    try {
      await this.prisma.$transaction(async (tx) => {
        await this.leases.assertHeld(tx, lease);
        const [refused] = await tx.$queryRaw<{ scope: BudgetScope }[]>(statement);
        if (refused) throw new Refused(refused.scope);
      });
      return null;
    } catch (error) {
      if (error instanceof Refused) return error.scope;
      throw error;
    }
  }

  /**
   * Ends the turns' reservations and records the usage of their model calls, in the turns too. Usage that an earlier
   * end of a turn has recorded is not recorded again. Call it last in the transaction that ends them.
   * @param summary ends its reservation too, and records its usage
   */
  async settleReservation(
    tx: Prisma.TransactionClient,
    turnIds: readonly string[],
    summary: SummaryUse | null = null,
  ): Promise<void> {
    if (turnIds.length === 0 && summary === null) return;
    await tx.$executeRaw(settleStatement(turnIds, summary, limits(this.limits.day.all)));
  }

  /** The statement of `settleReservation` for one turn. */
  settlementOf(turnId: string): Prisma.Sql {
    return settleStatement([turnId], null, limits(this.limits.day.all));
  }

  /**
   * Counts a model call of the turn that produced no step. Needs no lease: the caller may have lost the turn. Nothing
   * is counted for an erased conversation.
   */
  async charge(turnId: string, used: Amount): Promise<void> {
    await this.prisma.$executeRaw(chargeStatement(turnId, used, limits(this.limits.day.all)));
  }

  /** A limit for all that was added today counts earlier usage too: the row of all is brought up to date. */
  async catchUp(): Promise<void> {
    if (!limits(this.limits.day.all)) return;
    await this.prisma.$executeRaw`
      INSERT INTO budget_days AS d (day, scope, key, spent_tokens, spent_micro_usd)
      SELECT ${today}, 'all', '', coalesce(sum(spent_tokens), 0), coalesce(sum(spent_micro_usd), 0)
      FROM budget_days WHERE day = ${today} AND scope = 'chat'
      ON CONFLICT (day, scope, key) DO UPDATE
        SET spent_tokens = greatest(d.spent_tokens, EXCLUDED.spent_tokens),
            spent_micro_usd = greatest(d.spent_micro_usd, EXCLUDED.spent_micro_usd)`;
  }
}
