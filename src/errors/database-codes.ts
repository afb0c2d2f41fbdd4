/** Where Prisma keeps what its driver said: error → meta → driverAdapterError → cause; and ours may have a cause. */
const WRAPPERS = ['meta', 'driverAdapterError', 'cause'] as const;
const DEPTH = 5;

/** All codes that an error of a database client carries, outermost first: Prisma's (`P2028`), SQLSTATEs (`57014`). */
export function databaseCodesOf(error: unknown): readonly string[] {
  return [...textsWithin(error, ['code', 'originalCode'], DEPTH)];
}

/** What Prisma's driver adapter calls an error: `DatabaseNotReachable`. */
export function driverKindsOf(error: unknown): readonly string[] {
  return [...textsWithin(error, ['kind'], DEPTH)];
}

/** Was it refused because a row that it refers to does not exist (any more)? */
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
