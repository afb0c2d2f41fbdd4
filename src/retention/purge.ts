/** What one statement did. */
export interface PurgeBatch<Mark> {
  /** Rows removed or emptied. */
  readonly purged: number;
  /** Where the next batch goes on; null where this one saw the last row that is old enough. */
  readonly next: Mark | null;
}

/** Rows one statement looks at. */
export const BATCH = 1_000;

/**
 * One kind of record that grows old. What must be kept though it is old is passed over, not waited for: each batch goes
 * on behind the one before, so a pass reads every row at most once. Rows that somebody else has locked are left to the
 * next pass.
 */
export abstract class Purge<Mark> {
  /**
   * Purges one batch of what is older than `before`, oldest first.
   * @param after the `next` of the batch before; null for the first
   */
  abstract batch(before: Date, after: Mark | null, limit: number): Promise<PurgeBatch<Mark>>;

  /** Purges batch after batch, as fast as its reader asks; gives the number of rows of each. */
  async *batches(before: Date): AsyncGenerator<number, void> {
    let after: Mark | null = null;
    for (;;) {
      const batch: PurgeBatch<Mark> = await this.batch(before, after, BATCH);
      yield batch.purged;
      if (batch.next === null) return;
      after = batch.next;
    }
  }
}
