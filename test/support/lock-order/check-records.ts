import { allowedCrossings, allowedRepeats } from './allowed-crossings.js';
import {
  describeCrossing,
  describeRepeat,
  findCrossings,
  findRepeats,
  type RecordedTransaction,
} from './crossings.js';
import { readLockSchema } from './lock-schema.js';

/** The fewest kinds of transactions that a run of all files records. */
const LEAST_OF_ALL = 200;
const MANY_FILES = 200;

/**
 * Checks the records of a run.
 * @param files of the run: a run of a few may record nothing
 * @throws an error that names the statements of transactions that can deadlock
 */
export function checkRecords(transactions: readonly RecordedTransaction[], files: number): void {
  if (files >= MANY_FILES && transactions.length < LEAST_OF_ALL)
    throw new Error(
      `only ${transactions.length} kinds of transactions were recorded: the recorder does not see them`,
    );
  const schema = readLockSchema();
  const found = [
    ...findCrossings(transactions, schema, allowedCrossings).map(describeCrossing),
    ...findRepeats(transactions, schema, allowedRepeats).map(describeRepeat),
  ];
  if (found.length === 0) return;
  throw new Error(
    `Transactions that can wait for each other (docs/locks.md, "Lock order"):\n\n${found.join('\n\n')}`,
  );
}
