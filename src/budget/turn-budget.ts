import type { BudgetScope, Turn } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { type Amount, beyond, fits, isNothing, nothing, plus } from './amount.js';
import type { BudgetLedgerRepository } from './budget-ledger.repository.js';
import type { BudgetLimits } from './budget-limits.js';
import { type CallUsage, mostOfCall, usedBy } from './call-usage.js';
import type { Prices } from './prices.js';

/** The owner of the budget that refuses a model call. */
export type BudgetRefusal = BudgetScope | 'turn';

/** A turn, and its recorded usage. */
type CountedTurn = Pick<
  Turn,
  | 'id'
  | 'inputTokens'
  | 'outputTokens'
  | 'microUsd'
  | 'transcriptionInputTokens'
  | 'transcriptionOutputTokens'
  | 'transcriptionMicroUsd'
>;

/**
 * The budget of one run of a turn. Before each model call the turn has reserved the highest cost of that call on top of
 * its usage: at its start for the first call, and more as it goes on. Without limits it makes no query.
 */
export class TurnBudget {
  private used: Amount;
  /** The highest cost of all work under way. */
  private underWay = nothing;
  private reserved = nothing;

  constructor(
    private readonly ledger: BudgetLedgerRepository,
    private readonly prices: Prices,
    private readonly limits: BudgetLimits,
    private readonly lease: Lease,
    private readonly turn: CountedTurn,
    private readonly ownModel: string | null,
  ) {
    const { transcriptionInputTokens, transcriptionOutputTokens, transcriptionMicroUsd } = turn;
    this.used = {
      tokens: BigInt(transcriptionInputTokens + transcriptionOutputTokens),
      microUsd: transcriptionMicroUsd,
    };
  }

  /** For the request of each model call: the answer ends at the reserved amount. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.limits.callLimit;
  }

  /**
   * Asks for one more model call.
   * @param countInput counts the tokens of its request; not called without limits
   * @returns null if the call may be made, and its cost is reserved
   * @throws LeaseLostError
   */
  async admit(countInput: () => number): Promise<BudgetRefusal | null> {
    if (!this.limits.any) return null;
    return await this.reserve(mostOfCall(this.prices, this.limits, countInput(), this.ownModel));
  }

  /**
   * Asks for work other than a model call; several may be under way: `most` stays reserved until `end`.
   * @returns as `admit`; if it refuses, there is nothing to end
   * @throws LeaseLostError
   */
  async begin(most: Amount): Promise<BudgetRefusal | null> {
    if (!this.limits.any) return null;
    const others = this.underWay;
    this.underWay = plus(others, most);
    let refused: BudgetRefusal | null = 'turn';
    try {
      refused = await this.reserve(plus(others, most));
      return refused;
    } finally {
      if (refused !== null) this.underWay = beyond(this.underWay, most);
    }
  }

  /** Ends work begun with `most`, and records its usage in the turn. */
  end(most: Amount, used: Amount): void {
    this.underWay = beyond(this.underWay, most);
    this.used = plus(this.used, used);
  }

  private async reserve(more: Amount): Promise<BudgetRefusal | null> {
    const total = plus(this.used, more);
    if (!fits(total, this.limits.turn)) return 'turn';
    if (!this.limits.daily) return null;
    // The usage of a replayed turn has been counted once.
    const needed = beyond(total, this.counted());
    if (isNothing(beyond(needed, this.reserved))) return null;
    const refused = await this.ledger.reserve(this.lease, this.turn.id, needed);
    if (refused === null) this.reserved = plus(this.reserved, beyond(needed, this.reserved));
    return refused;
  }

  /** Records a model call, of this run or an earlier one. */
  spend(call: CallUsage): void {
    this.used = plus(this.used, usedBy(this.prices, call));
  }

  /**
   * Records a model call that was aborted by a stop, an interruption or the time limit. No server reports its usage; it
   * is paid for all the same, and counted at the highest possible price.
   * @param outputTokens the answer's tokens so far
   */
  async brokenOff(inputTokens: number, outputTokens: number): Promise<void> {
    const microUsd = this.prices.highest(inputTokens, outputTokens, this.ownModel);
    await this.ledger.charge(this.turn.id, { tokens: BigInt(inputTokens + outputTokens), microUsd });
  }

  /** Records a finished model call whose step could not be recorded, because the turn was lost by then. */
  async chargeUnrecorded(call: CallUsage): Promise<void> {
    await this.ledger.charge(this.turn.id, usedBy(this.prices, call));
  }

  private counted(): Amount {
    const { inputTokens, outputTokens, microUsd } = this.turn;
    return { tokens: BigInt(inputTokens + outputTokens), microUsd };
  }
}
