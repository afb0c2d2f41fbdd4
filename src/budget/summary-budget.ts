import type { Lease } from '../lease/lease.repository.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { type Amount, nothing, plus } from './amount.js';
import type { BudgetLedger } from './budget-ledger.repository.js';
import type { BudgetLimits } from './budget-limits.js';
import { type CallUsage, mostOfCall, usedBy } from './call-usage.js';
import type { Prices } from './prices.js';

/**
 * The budget of one part of a summary. It is of no turn: the budget of its chat counts, that of all, and of a private chat
 * that of its user. Whoever records what became of the part settles what was `used`, in the same transaction.
 */
export class SummaryBudget {
  private spent = nothing;

  constructor(
    private readonly ledger: BudgetLedger,
    private readonly prices: Prices,
    private readonly limits: BudgetLimits,
    private readonly lease: Lease,
    private readonly ownModel: string | null,
  ) {}

  /** For the request of each model call: the answer ends at what is reserved for it. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.limits.callLimit;
  }

  /** By the model calls that were answered. */
  get used(): Amount {
    return this.spent;
  }

  /**
   * Asks for a model call.
   * @param countInput tells the tokens of its request; not called where nothing is limited
   * @returns null where the call may be made, and its cost is reserved; else whose budget does not allow it
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
