import { RetryLaterError } from '../errors/errors.js';

export interface GroupCommitOptions {
  /** Items in one commit. */
  readonly maxBatch: number;
  /** Items that may wait for a commit; past it `add` refuses at once. */
  readonly maxWaiting: number;
  /** Commits under way at the same time. */
  readonly maxInFlight: number;
  /** How long one item may wait for its answer. */
  readonly timeoutMs: number;
}

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets concurrent callers share one commit: what arrives while a commit is under way waits and goes into the next one
 * together. A durable write then costs a fraction of an fsync, and no caller waits for a timer when the line is free.
 * The same idea as PostgreSQL's `commit_delay` and the group commit of DeWitt et al. (SIGMOD 1984), one level up.
 */
export class GroupCommit<Item, Outcome> {
  private waiting: Waiting<Item, Outcome>[] = [];
  private inFlight = 0;
  private scheduled = false;

  /** @param commit makes all items durable and answers each, in order; it rejects when none is. */
  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<readonly Outcome[]>,
    private readonly options: GroupCommitOptions,
  ) {}

  /**
   * Resolves once the item is committed.
   * @throws RetryLaterError when too many wait, or the answer takes longer than `timeoutMs`; in the latter case the item
   * may still be committed, so the caller's retry must be idempotent
   */
  add(item: Item): Promise<Outcome> {
    if (this.waiting.length >= this.options.maxWaiting) {
      return Promise.reject(new RetryLaterError('INBOX_FULL', 'too many updates wait to be stored'));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new RetryLaterError('INBOX_SLOW', `not stored within ${this.options.timeoutMs} ms`)),
        this.options.timeoutMs,
      );
      this.waiting.push({ item, resolve, reject, timer });
      this.schedule();
    });
  }

  /** Begins a commit at the end of the current turn of the event loop, so that requests read together go together. */
  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.options.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting.splice(0, this.options.maxBatch);
    if (batch.length === 0) return;
    this.inFlight += 1;
    try {
      await this.settle(batch);
    } finally {
      this.inFlight -= 1;
      if (this.waiting.length > 0) this.schedule();
    }
  }

  private async settle(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.commit(batch.map((entry) => entry.item));
      for (const [index, entry] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined)
          entry.reject(new RetryLaterError('INBOX_UNAVAILABLE', 'no answer for this item'));
        else entry.resolve(outcome);
      }
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      for (const entry of batch) clearTimeout(entry.timer);
    }
  }
}
