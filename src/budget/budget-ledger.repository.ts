import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { type BudgetScope, Prisma } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';
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

/** Rolls the transaction back: of several budgets one refused. */
class Refused extends Error {
  constructor(readonly scope: BudgetScope) {
    super(`the budget of scope ${scope} is used up`);
  }
}

/**
 * What was used and is reserved, a row for each day and each user, chat, and (where it is limited) the whole deployment.
 * Every statement takes the rows in the order of scope and key, so that no two wait for each other; the row of all comes
 * last and is held the shortest.
 */
@Injectable()
export class BudgetLedger {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly limits: BudgetLimits,
  ) {}

  /**
   * Lets a turn use `total` of every limited budget: what it has reserved already counts, so that it may be asked for
   * again, by whoever goes on with the turn. All of it or nothing.
   * @returns null, or whose budget does not allow it
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
   * Ends what the turns have reserved and records what their model calls used, in the turns too. What of a turn is
   * recorded already, because it has ended before, is not recorded again. Call it last in the transaction that ends them.
   * @param summary ends what it has reserved as well, and records what it used
   */
  async settle(
    tx: Prisma.TransactionClient,
    turnIds: readonly string[],
    summary: SummaryUse | null = null,
  ): Promise<void> {
    if (turnIds.length === 0 && summary === null) return;
    await tx.$executeRaw(settleStatement(turnIds, summary, limits(this.limits.day.all)));
  }

  /**
   * Counts what a model call of the turn used that came to no step. Whoever made it may have lost the turn: no lease is
   * asked for. Of an erased conversation nothing is counted.
   */
  async charge(turnId: string, used: Amount): Promise<void> {
    await this.prisma.$executeRaw(chargeStatement(turnId, used, limits(this.limits.day.all)));
  }

  /** A limit for all that was not there this morning counts what was used since: the row of all is brought up to it. */
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
