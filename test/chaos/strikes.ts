/**
 * The kinds of faults of a process. `death`: killed, or stopped. `pause`: it could not run, or not reach its database.
 * `database`: down, full, locked, or slow. `clock`: its clock was wrong. `lag`: its commits of that time are lost.
 */
export type StrikeKind = 'death' | 'pause' | 'database' | 'clock' | 'lag';

/** A fault of a process, or of all of them, in ms since 1970. Nothing else excuses an uncertain product. */
export interface Strike {
  readonly kind: StrikeKind;
  /** The process; null: all of them. */
  readonly caller: string | null;
  readonly from: number;
  /** Infinity while it lasts. */
  until: number;
}

/** Whether it hit this process within a time span. */
export function strikes({ caller, from, until }: Strike, whom: string, since: number, to: number): boolean {
  return (caller === null || caller === whom) && from <= to && until >= since;
}

/**
 * The items that are left without a cause, if a cause explains one item at most. Pure; as many as possible are
 * explained.
 */
export function unexplained<Item, Cause>(
  items: readonly Item[],
  causes: readonly Cause[],
  explains: (item: Item, cause: Cause) => boolean,
): Item[] {
  const itemOf = new Map<Cause, Item>();
  /** Gives the item a cause, if need be by giving another item another one. */
  const place = (item: Item, tried: Set<Cause>): boolean => {
    for (const cause of causes) {
      if (tried.has(cause) || !explains(item, cause)) continue;
      tried.add(cause);
      const holder = itemOf.get(cause);
      if (holder !== undefined && !place(holder, tried)) continue;
      itemOf.set(cause, item);
      return true;
    }
    return false;
  };
  return items.filter((item) => !place(item, new Set()));
}

/** Whether this was in a time that the database has lost. */
export const isForgotten = (struck: readonly Strike[], at: number): boolean =>
  struck.some(({ kind, from, until }) => kind === 'lag' && from <= at && at <= until);
