import { RetryLaterError } from '../platform/errors/errors.js';

export interface GroupCommitOptions<Item> {
  /** Items in one commit. */
  readonly maxBatch: number;
  /** The total weight of a commit's items; a heavier item goes alone. */
  readonly maxBatchWeight: number;
  /** Items that may wait for a commit; past it `add` refuses at once. */
  readonly maxWaiting: number;
  /** The total weight of the waiting items. */
  readonly maxWaitingWeight: number;
  /** The weight of an item, for example its memory; the unit is the caller's. */
  readonly weigh: (item: Item) => number;
  /** Items of one key keep their order: when one fails, the waiting ones behind it fail as well. */
  readonly keyOf: (item: Item) => string;
  /** How long one item may wait for its answer. */
  readonly timeoutMs: number;
}

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly key: string;
  readonly weight: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
  /** By the clock of `performance.now()`. */
  readonly deadline: number;
}

/**
 * Lets concurrent callers share one commit: items that arrive during a commit wait and go into the next one together. A
 * durable write then costs a fraction of an fsync, and an idle line commits without a timer. The idea of PostgreSQL's
 * `commit_delay` and of the group commit of DeWitt et al. (SIGMOD 1984), one level up.
 */
export class GroupCommit<Item, Outcome> {
  private waiting: Waiting<Item, Outcome>[] = [];
  private waitingWeight = 0;
  /** The items of the commit under way. */
  private committing: readonly Waiting<Item, Outcome>[] = [];
  private busy = false;
  /** Keys of items refused in this turn of the event loop: items handed in with them count as behind them. */
  private readonly refused = new Map<string, RetryLaterError>();
  /** One timer for all: it fires when the oldest has waited too long. */
  private timer: NodeJS.Timeout | null = null;

  /**
   * @param commit makes the items durable and answers each, in order: with its outcome, or the reason why it is not
   * stored. Rejects when none is stored.
   */
  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<readonly (Outcome | Error)[]>,
    private readonly options: GroupCommitOptions<Item>,
  ) {}

  /**
   * Resolves once the item is committed. Items are committed in the order they were added, one commit at a time. A
   * caller that is refused may add the same items again, in the same order; no other item of their key has overtaken
   * them.
   * @throws RetryLaterError when too much waits, or the answer takes longer than `timeoutMs`; in the latter case the
   * item may still be committed, so the caller's retry must be idempotent
   */
  add(item: Item): Promise<Outcome> {
    const { maxWaiting, maxWaitingWeight, timeoutMs, weigh, keyOf } = this.options;
    const [key, weight] = [keyOf(item), weigh(item)];
    const before = this.refused.get(key);
    if (before) return Promise.reject(before);
    if (this.waiting.length >= maxWaiting || this.waitingWeight + weight > maxWaitingWeight)
      return Promise.reject(this.refuse(key));
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, key, weight, resolve, reject, deadline: performance.now() + timeoutMs });
      this.waitingWeight += weight;
      this.timer ??= setTimeout(() => this.expire(), timeoutMs);
      if (!this.busy) this.schedule();
    });
  }

  private refuse(key: string): RetryLaterError {
    const error = new RetryLaterError('INBOX_FULL', 'too many updates wait to be stored');
    if (this.refused.size === 0) setImmediate(() => this.refused.clear());
    this.refused.set(key, error);
    return error;
  }

  /**
   * Starts a commit at the end of the current turn of the event loop, so that requests read together are committed
   * together.
   */
  private schedule(): void {
    this.busy = true;
    setImmediate(() => void this.flush());
  }

  private async flush(): Promise<void> {
    this.committing = this.takeBatch();
    await this.settleBatch(this.committing);
    this.committing = [];
    if (this.waiting.length > 0) return this.schedule();
    this.busy = false;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Answers items that have waited too long. They keep their place: a late item is stored all the same. */
  private expire(): void {
    const now = performance.now();
    const open = [...this.committing, ...this.waiting];
    for (const { deadline, reject } of open) {
      if (deadline > now) break;
      reject(new RetryLaterError('INBOX_SLOW', `not stored within ${this.options.timeoutMs} ms`));
    }
    const next = open.find(({ deadline }) => deadline > now);
    this.timer = next ? setTimeout(() => this.expire(), next.deadline - now) : null;
  }

  private takeBatch(): readonly Waiting<Item, Outcome>[] {
    const { maxBatch, maxBatchWeight } = this.options;
    let count = 0;
    let weight = 0;
    for (const entry of this.waiting) {
      if (count === maxBatch || (count > 0 && weight + entry.weight > maxBatchWeight)) break;
      count += 1;
      weight += entry.weight;
    }
    this.waitingWeight -= weight;
    return this.waiting.splice(0, count);
  }

  private async settleBatch(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    const failed = new Map<string, unknown>();
    const outcomes = await this.commit(batch.map((entry) => entry.item)).catch((error: unknown) =>
      batch.map(() => new Failure(error)),
    );
    for (const [index, { key, resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index] ?? new RetryLaterError('INBOX_UNAVAILABLE', 'no answer for this item');
      if (!(outcome instanceof Error)) {
        resolve(outcome);
        continue;
      }
      const error = outcome instanceof Failure ? outcome.error : outcome;
      failed.set(key, error);
      reject(error);
    }
    if (failed.size > 0) this.rejectBehind(failed);
  }

  /** An item waiting behind a failed one would otherwise be stored before it. */
  private rejectBehind(failed: ReadonlyMap<string, unknown>): void {
    const [behind, others] = [
      this.waiting.filter(({ key }) => failed.has(key)),
      this.waiting.filter(({ key }) => !failed.has(key)),
    ];
    this.waiting = others;
    for (const { key, weight, reject } of behind) {
      this.waitingWeight -= weight;
      reject(failed.get(key));
    }
  }
}

/** An error from a rejected commit, whatever it rejected with. */
class Failure extends Error {
  constructor(readonly error: unknown) {
    super('the commit failed');
  }
}
