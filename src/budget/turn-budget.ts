import type { BudgetScope, Turn } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { type Amount, beyond, fits, isNothing, nothing, plus } from './amount.js';
import type { BudgetLedger } from './budget-ledger.repository.js';
import type { BudgetLimits } from './budget-limits.js';
import { type CallUsage, mostOfCall, usedBy } from './call-usage.js';
import type { Prices } from './prices.js';

/** Whose budget does not allow a model call. */
export type Refusal = BudgetScope | 'turn';

/** A turn, and what of it is recorded. */
type CountedTurn = Pick<
  Turn,
  | 'id'
  | 'inputTokens'
  | 'outputTokens'
  | 'microUsd'
  | 'heardInputTokens'
  | 'heardOutputTokens'
  | 'heardMicroUsd'
>;

/**
 * The budget of one run of a turn. Before each model call the turn has reserved the most that this call can come to, on
 * top of what it used: at its start for the first, and more as it goes on. Without any limit it asks nobody.
 */
export class TurnBudget {
  private used: Amount;
  /** The most that what is under way beside each other can come to. */
  private underWay = nothing;
  private reserved = nothing;

  constructor(
    private readonly ledger: BudgetLedger,
    private readonly prices: Prices,
    private readonly limits: BudgetLimits,
    private readonly lease: Lease,
    private readonly turn: CountedTurn,
    private readonly ownModel: string | null,
  ) {
    const { heardInputTokens, heardOutputTokens, heardMicroUsd } = turn;
    this.used = { tokens: BigInt(heardInputTokens + heardOutputTokens), microUsd: heardMicroUsd };
  }

  /** For the request of each model call: the answer ends at what is reserved for it. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.limits.callLimit;
  }

  /**
   * Asks for one more model call.
   * @param countInput tells the tokens of its request; not called where nothing is limited
   * @returns null where the call may be made, and its cost is reserved
   * @throws LeaseLostError
   */
  async admit(countInput: () => number): Promise<Refusal | null> {
    if (!this.limits.any) return null;
    return await this.reserve(mostOfCall(this.prices, this.limits, countInput(), this.ownModel));
  }

  /**
   * Asks for something that is no model call, of which several may be under way: `most` stays reserved until `end`.
   * @returns as `admit`; where it refuses, there is nothing to end
   * @throws LeaseLostError
   */
  async begin(most: Amount): Promise<Refusal | null> {
    if (!this.limits.any) return null;
    const others = this.underWay;
    this.underWay = plus(others, most);
    let refused: Refusal | null = 'turn';
    try {
      refused = await this.reserve(plus(others, most));
      return refused;
    } finally {
      if (refused !== null) this.underWay = beyond(this.underWay, most);
    }
  }

  /** What was begun with `most` came to `used`, which is recorded in the turn. */
  end(most: Amount, used: Amount): void {
    this.underWay = beyond(this.underWay, most);
    this.used = plus(this.used, used);
  }

  private async reserve(more: Amount): Promise<Refusal | null> {
    const total = plus(this.used, more);
    if (!fits(total, this.limits.turn)) return 'turn';
    if (!this.limits.daily) return null;
    // A turn that is replayed has been counted once.
    const needed = beyond(total, this.counted());
    if (isNothing(beyond(needed, this.reserved))) return null;
    const refused = await this.ledger.reserve(this.lease, this.turn.id, needed);
    if (refused === null) this.reserved = plus(this.reserved, beyond(needed, this.reserved));
    return refused;
  }

  /** A model call was made, by this run or one before. */
  spend(call: CallUsage): void {
    this.used = plus(this.used, usedBy(this.prices, call));
  }

  /**
   * A model call was broken off by who stopped or interrupted the turn, or by its time limit. No server tells what it used
   * by then; it is paid for all the same, and counted at the highest price that it may have.
   * @param outputTokens what was written of the answer
   */
  async brokenOff(inputTokens: number, outputTokens: number): Promise<void> {
    const microUsd = this.prices.highest(inputTokens, outputTokens, this.ownModel);
    await this.ledger.charge(this.turn.id, { tokens: BigInt(inputTokens + outputTokens), microUsd });
  }

  private counted(): Amount {
    const { inputTokens, outputTokens, microUsd } = this.turn;
    return { tokens: BigInt(inputTokens + outputTokens), microUsd };
  }
}
