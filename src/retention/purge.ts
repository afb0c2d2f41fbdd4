/** The result of one statement. */
export interface PurgeBatch<Mark> {
  /** Rows removed or emptied. */
  readonly purged: number;
  /** The position of the next batch; null if this one saw the last row that is old enough. */
  readonly next: Mark | null;
}

/** Rows one statement reads. */
const BATCH = 1_000;

/**
 * One kind of ageing record. Rows that must be kept are skipped, not waited for: each batch continues behind the last,
 * so a pass reads every row at most once. Rows that another session has locked are left to the next pass.
 */
export abstract class Purge<Mark> {
  /**
   * Purges one batch of rows older than `before`, oldest first.
   * @param after the `next` of the last batch; null for the first
   */
  abstract batch(before: Date, after: Mark | null, limit: number): Promise<PurgeBatch<Mark>>;

  /** Purges batch after batch, as fast as its reader asks; yields the number of rows of each. */
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
