import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Turn } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { BudgetLedgerRepository } from './budget-ledger.repository.js';
import { BudgetLimits } from './budget-limits.js';
import { Prices } from './prices.js';
import { SummaryBudget } from './summary-budget.js';
import { TurnBudget } from './turn-budget.js';

/** Opens the budget of each turn and of each summary. */
@Injectable()
export class BudgetsService implements OnApplicationBootstrap {
  constructor(
    private readonly ledger: BudgetLedgerRepository,
    private readonly prices: Prices,
    private readonly limits: BudgetLimits,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.ledger.catchUp();
  }

  /**
   * Opens the budget of one run of a turn, under its lease.
   * @param ownModel of its conversation, which may answer besides the configured ones
   */
  open(lease: Lease, turn: Turn, ownModel: string | null): TurnBudget {
    return new TurnBudget(this.ledger, this.prices, this.limits, lease, turn, ownModel);
  }

  /** Opens the budget of one part of the summary of the lease's conversation. */
  openForSummary(lease: Lease, ownModel: string | null): SummaryBudget {
    return new SummaryBudget(this.ledger, this.prices, this.limits, lease, ownModel);
  }
}
