/** Keys under which Prisma, its driver adapter and Node.js keep the error that an error tells of. */
const WRAPPERS = ['meta', 'driverAdapterError', 'cause', 'errors'] as const;

/** Prisma's error → meta → driverAdapterError → cause → cause, and one to spare. */
const DEPTH = 6;

/**
 * All codes that an error of a database client carries, outermost first: Prisma's (`P2028`), PostgreSQL's SQLSTATE
 * (`57014`), the operating system's (`ECONNRESET`).
 */
export function databaseCodesOf(error: unknown): readonly string[] {
  return [...codesWithin(error, DEPTH)];
}

/** Was it refused because the row that it refers to does not exist (any more)? */
export function refersToNothing(error: unknown): boolean {
  return databaseCodesOf(error).includes('23503');
}

function* codesWithin(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const name of ['code', 'originalCode']) {
    const code: unknown = Reflect.get(value, name);
    if (typeof code === 'string') yield code;
  }
  if (depth === 0) return;
  for (const name of WRAPPERS) {
    const wrapped: unknown = Reflect.get(value, name);
    for (const one of Array.isArray(wrapped) ? wrapped : [wrapped]) yield* codesWithin(one, depth - 1);
  }
}
