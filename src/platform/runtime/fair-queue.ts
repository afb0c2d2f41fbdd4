/** Waiting work, and the number of the turn from which its owner may run it. */
interface Waiting {
  readonly begin: (() => void)[];
  since: number;
}

/**
 * Runs one piece of work at a time. Waiting work is ordered by owner, not by arrival: after five pieces of one owner,
 * another owner's first piece is second, and a new owner does not overtake those that have waited longer.
 */
export class FairQueue<Owner> {
  private readonly waiting = new Map<Owner, Waiting>();
  private turns = 0;
  /** The owner of the running work; null: none. */
  private current: { readonly owner: Owner } | null = null;

  /** @throws what the work throws */
  async run<T>(owner: Owner, work: () => Promise<T>): Promise<T> {
    if (this.current) await this.turnOf(owner);
    this.current = { owner };
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private turnOf(owner: Owner): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(owner);
      if (waiting) waiting.begin.push(resolve);
      // Goes behind the owners that have come meanwhile.
      else
        this.waiting.set(owner, {
          begin: [resolve],
          since: this.turns + (this.current?.owner === owner ? 0.5 : 0),
        });
    });
  }

  /** Stays busy when it passes the turn on, so that no other work comes in between. */
  private next(): void {
    const [first] = [...this.waiting].toSorted(([, one], [, other]) => one.since - other.since);
    if (!first) {
      this.current = null;
      return;
    }
    const [owner, waiting] = first;
    this.turns += 1;
    // Behind all waiting owners.
    waiting.since = this.turns;
    const begin = waiting.begin.shift();
    if (waiting.begin.length === 0) this.waiting.delete(owner);
    begin?.();
  }
}
