/** Conversations watched at once; forgetting one costs one count. */
const CAPACITY = 10_000;

interface Reading {
  /** Upper bound of the waiting messages: the last count, and all stored since. */
  atMost: number;
}

/**
 * Tells which messages are past a conversation's backlog limit, without counting for each. Between two counts the sum
 * of the last count and what was stored since is an upper bound, so that the database is asked only when that bound
 * reaches the limit. Exact for one receiving process; with several, each may let in what was free at its last count.
 */
export class BacklogGauge {
  private readonly readings = new Map<string, Reading>();

  constructor(
    private readonly limit: number,
    private readonly countWaiting: (conversationId: string, limit: number) => Promise<number>,
  ) {}

  /** For each message, in order: does it still fit? Those that do are counted as stored. */
  async admit(conversationIds: readonly string[]): Promise<boolean[]> {
    const admitted: boolean[] = [];
    // A flooding chat costs one count a call, not one a message.
    const full = new Set<string>();
    for (const id of conversationIds) {
      const fits = !full.has(id) && (await this.admitOne(id));
      if (!fits) full.add(id);
      admitted.push(fits);
    }
    return admitted;
  }

  private async admitOne(conversationId: string): Promise<boolean> {
    const reading = this.readings.get(conversationId) ?? this.watch(conversationId);
    if (reading.atMost >= this.limit) {
      reading.atMost = await this.countWaiting(conversationId, this.limit);
      if (reading.atMost >= this.limit) return false;
    }
    reading.atMost += 1;
    return true;
  }

  /** A conversation not watched yet is counted at its first message. */
  private watch(conversationId: string): Reading {
    const reading = { atMost: this.limit };
    this.readings.set(conversationId, reading);
    if (this.readings.size > CAPACITY) {
      const oldest = this.readings.keys().next();
      if (!oldest.done) this.readings.delete(oldest.value);
    }
    return reading;
  }
}
