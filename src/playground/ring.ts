/** A list that keeps its newest entries, so that a long run does not fill the memory. */
export class Ring<T> implements Iterable<T> {
  private entries: T[] = [];

  constructor(private readonly capacity: number) {}

  push(entry: T): void {
    this.entries.push(entry);
    if (this.entries.length > this.capacity * 2) this.entries = this.entries.slice(-this.capacity);
  }

  /** Oldest first. */
  toArray(): readonly T[] {
    return this.entries.slice(-this.capacity);
  }

  get length(): number {
    return Math.min(this.entries.length, this.capacity);
  }

  clear(): void {
    this.entries = [];
  }

  [Symbol.iterator](): Iterator<T> {
    return this.toArray()[Symbol.iterator]();
  }
}
