/** The path of a driver's error in Prisma's: error → meta → driverAdapterError → cause; and ours may have a cause. */
const WRAPPERS = ['meta', 'driverAdapterError', 'cause'] as const;
const DEPTH = 5;

/** All codes that an error of a database client carries, outermost first: Prisma's (`P2028`), SQLSTATEs (`57014`). */
export function databaseCodesOf(error: unknown): readonly string[] {
  return [...textsWithin(error, ['code', 'originalCode'], DEPTH)];
}

/** The names that Prisma's driver adapter gives an error: `DatabaseNotReachable`. */
export function driverKindsOf(error: unknown): readonly string[] {
  return [...textsWithin(error, ['kind'], DEPTH)];
}

/** Whether it was refused because a row that it refers to does not exist (any more). */
export function refersToNothing(error: unknown): boolean {
  return databaseCodesOf(error).includes('23503');
}

function* textsWithin(value: unknown, names: readonly string[], depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const name of names) {
    const text: unknown = Reflect.get(value, name);
    if (typeof text === 'string') yield text;
  }
  if (depth > 0) for (const name of WRAPPERS) yield* textsWithin(Reflect.get(value, name), names, depth - 1);
}
