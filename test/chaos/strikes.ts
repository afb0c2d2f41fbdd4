/**
 * What can befall processes. `death`: killed, or told to end. `pause`: it could not run, or not reach its database.
 * `database`: down, full, locked, or slow. `clock`: its clock was wrong. `lag`: what it committed meanwhile is gone with it.
 */
export type StrikeKind = 'death' | 'pause' | 'database' | 'clock' | 'lag';

/** Something that befell a process, or all of them, in ms since 1970. Nothing else excuses a product that is uncertain. */
export interface Strike {
  readonly kind: StrikeKind;
  /** The process; null: all of them. */
  readonly caller: string | null;
  readonly from: number;
  /** Infinity while it lasts. */
  until: number;
}

/** Whether it befell this process at some time of a span. */
export function strikes({ caller, from, until }: Strike, whom: string, since: number, to: number): boolean {
  return (caller === null || caller === whom) && from <= to && until >= since;
}

/** The items that are left without a cause, where a cause explains one item at most. Pure; the most are explained. */
export function unexplained<Item, Cause>(
  items: readonly Item[],
  causes: readonly Cause[],
  explains: (item: Item, cause: Cause) => boolean,
): Item[] {
  const itemOf = new Map<Cause, Item>();
  /** Gives the item a cause, where need be by giving another item another one. */
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

/** Whether this was in a time of which the database remembers nothing. */
export const isForgotten = (struck: readonly Strike[], at: number): boolean =>
  struck.some(({ kind, from, until }) => kind === 'lag' && from <= at && at <= until);
