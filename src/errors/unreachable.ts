/** System errors, Prisma's codes and SQLSTATEs that say: the database is away or has no connection to spare. */
const AWAY = new Set(
  [
    'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENOTFOUND EAI_AGAIN',
    // https://www.prisma.io/docs/orm/reference/error-reference
    'P1001 P1002 P1008 P1017 P2024 P2037',
    // Class 08 connection exception, 53 insufficient resources, 57P operator intervention.
    '08000 08003 08006 53100 53200 53300 57P01 57P02 57P03',
  ].flatMap((codes) => codes.split(' ')),
);

/** Where Prisma keeps what its driver said: error → meta → driverAdapterError → cause. */
const WRAPPERS = ['meta', 'driverAdapterError', 'cause'] as const;

/** Does this error of a database client say that it may work again later? */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // pg's own errors have no code.
  return saysAway(error, WRAPPERS.length) || PG_AWAY.test(error.message);
}

const PG_AWAY = /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

function saysAway(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const codes: unknown[] = [Reflect.get(value, 'code'), Reflect.get(value, 'originalCode')];
  if (codes.some((code) => typeof code === 'string' && AWAY.has(code))) return true;
  return depth > 0 && WRAPPERS.some((name) => saysAway(Reflect.get(value, name), depth - 1));
}
