import { BoundedMap } from '../platform/runtime/bounded-map.js';

/** Conversations watched at once; forgetting one costs one count. */
const CAPACITY = 10_000;

interface Reading {
  /** Upper bound of the waiting messages: the last count, plus all stored since. */
  atMost: number;
}

/**
 * Decides which messages exceed a conversation's backlog limit, without a count for each. Between two counts, the last
 * count plus the messages stored since is an upper bound. The database is asked only when that bound would exceed the
 * limit, and once a call for all conversations together. Exact for one receiving process; each of several may admit as
 * many as were free at its last count.
 */
export class BacklogGauge {
  private readonly readings = new BoundedMap<string, Reading>(CAPACITY);

  /** @param countWaiting counts the waiting messages of each conversation, in order, no further than `limit` */
  constructor(
    private readonly limit: number,
    private readonly countWaiting: (
      conversationIds: readonly string[],
      limit: number,
    ) => Promise<readonly number[]>,
  ) {}

  /** For each message, in order: does it still fit? Those that fit are counted as stored. */
  async admit(conversationIds: readonly string[]): Promise<boolean[]> {
    const readings = await this.read(conversationIds);
    return conversationIds.map((id) => {
      const reading = readings.get(id);
      if (!reading || reading.atMost >= this.limit) return false;
      reading.atMost += 1;
      return true;
    });
  }

  /** Forgets a conversation in which something was stored by other means: its next message counts anew. */
  forget(conversationId: string): void {
    this.readings.delete(conversationId);
  }

  /** The readings of these conversations, counted anew where the messages at hand may not fit. */
  private async read(conversationIds: readonly string[]): Promise<Map<string, Reading>> {
    const arriving = new Map<string, number>();
    for (const id of conversationIds) arriving.set(id, (arriving.get(id) ?? 0) + 1);
    const readings = new Map<string, Reading>();
    const doubtful: string[] = [];
    for (const [id, count] of arriving) {
      const reading = this.readings.get(id) ?? this.watch(id);
      readings.set(id, reading);
      if (reading.atMost + count > this.limit) doubtful.push(id);
    }
    if (doubtful.length === 0) return readings;
    const counts = await this.countWaiting(doubtful, this.limit);
    for (const [index, id] of doubtful.entries()) {
      const reading = readings.get(id);
      if (reading) reading.atMost = counts[index] ?? this.limit;
    }
    return readings;
  }

  /** An unwatched conversation is counted at its first message. */
  private watch(conversationId: string): Reading {
    const reading = { atMost: this.limit };
    this.readings.set(conversationId, reading);
    return reading;
  }
}
