/** The option that `CliCommand.jsonOption` adds. */
export interface JsonOption {
  readonly json?: true;
}

/** A list as `--json` prints it. */
export interface JsonList<Item> {
  readonly items: readonly Item[];
  /** Whether there are more than were listed. */
  readonly hasMore: boolean;
}

/** The first `limit` rows, from a query for one more. */
export function jsonList<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): JsonList<Item> {
  return { items: rows.slice(0, limit).map(toItem), hasMore: rows.length > limit };
}
