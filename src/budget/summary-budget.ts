import type { Lease } from '../queue/lease/lease.repository.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { type Amount, nothing, plus } from './amount.js';
import type { BudgetLedgerRepository } from './budget-ledger.repository.js';
import type { BudgetLimits } from './budget-limits.js';
import { type CallUsage, mostOfCall, usedBy } from './call-usage.js';
import type { Prices } from './prices.js';

/**
 * The budget of one part of a summary. It belongs to no turn: the budgets of its chat, of all, and of a private chat's
 * user count. The transaction that records the part's outcome settles `used`.
 */
export class SummaryBudget {
  private spent = nothing;

  constructor(
    private readonly ledger: BudgetLedgerRepository,
    private readonly prices: Prices,
    private readonly limits: BudgetLimits,
    private readonly lease: Lease,
    private readonly ownModel: string | null,
  ) {}

  /** For the request of each model call: the answer ends at the reserved amount. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.limits.callLimit;
  }

  /** The usage of answered model calls. */
  get used(): Amount {
    return this.spent;
  }

  /**
   * Asks for a model call.
   * @param countInput counts the tokens of its request; not called without limits
   * @returns null if the call may be made, and its cost is reserved; else the owner of the budget that refuses
   * @throws LeaseLostError
   */
  async admit(countInput: () => number): Promise<BudgetScope | null> {
    if (!this.limits.daily) return null;
    const most = mostOfCall(this.prices, this.limits, countInput(), this.ownModel);
    return await this.ledger.reserveForSummary(this.lease, plus(this.spent, most));
  }

  /** A model call was answered. */
  spend(call: CallUsage): void {
    this.spent = plus(this.spent, usedBy(this.prices, call));
  }
}
