import { BoundedMap } from '../runtime/bounded-map.js';

/** Conversations watched at once; forgetting one costs one count. */
const CAPACITY = 10_000;

interface Reading {
  /** Upper bound of the waiting messages: the last count, and all stored since. */
  atMost: number;
}

/**
 * Tells which messages are past a conversation's backlog limit, without counting for each. Between two counts the sum
 * of the last count and what was stored since is an upper bound, so that the database is asked only when that bound
 * would pass the limit, and once a call for all conversations together. Exact for one receiving process; with several,
 * each may let in what was free at its last count.
 */
export class BacklogGauge {
  private readonly readings = new BoundedMap<string, Reading>(CAPACITY);

  /** @param countWaiting how many wait in each conversation, in order, counted no further than `limit` */
  constructor(
    private readonly limit: number,
    private readonly countWaiting: (
      conversationIds: readonly string[],
      limit: number,
    ) => Promise<readonly number[]>,
  ) {}

  /** For each message, in order: does it still fit? Those that do are counted as stored. */
  async admit(conversationIds: readonly string[]): Promise<boolean[]> {
    const readings = await this.read(conversationIds);
    return conversationIds.map((id) => {
      const reading = readings.get(id);
      if (!reading || reading.atMost >= this.limit) return false;
      reading.atMost += 1;
      return true;
    });
  }

  /** For a conversation in which something was stored otherwise: it is counted at its next message. */
  forget(conversationId: string): void {
    this.readings.delete(conversationId);
  }

  /** The readings of these conversations, counted anew where the messages at hand might not fit. */
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

  /** A conversation not watched yet is counted at its first message. */
  private watch(conversationId: string): Reading {
    const reading = { atMost: this.limit };
    this.readings.set(conversationId, reading);
    return reading;
  }
}
