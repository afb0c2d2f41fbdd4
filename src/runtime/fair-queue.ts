/** What waits for its turn, and since which turn its owner may have one. */
interface Waiting {
  readonly begin: (() => void)[];
  since: number;
}

/**
 * Does one piece of work at a time. Those who wait have their turns by owner, not by arrival: after five pieces of
 * one owner the one of another is second, and who comes anew does not go before those who have waited longer.
 */
export class FairQueue<Owner> {
  private readonly waiting = new Map<Owner, Waiting>();
  private turns = 0;
  /** Whose work is being done; null: nobody's. */
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
      // Whose turn it is comes behind those who have come meanwhile.
      else
        this.waiting.set(owner, {
          begin: [resolve],
          since: this.turns + (this.current?.owner === owner ? 0.5 : 0),
        });
    });
  }

  /** Stays busy where it hands the turn on, so that nobody comes in between. */
  private next(): void {
    const [first] = [...this.waiting].toSorted(([, one], [, other]) => one.since - other.since);
    if (!first) {
      this.current = null;
      return;
    }
    const [owner, waiting] = first;
    this.turns += 1;
    // Behind everybody who waits now.
    waiting.since = this.turns;
    const begin = waiting.begin.shift();
    if (waiting.begin.length === 0) this.waiting.delete(owner);
    begin?.();
  }
}
