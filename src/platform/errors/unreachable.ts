import { databaseCodesOf, driverKindsOf } from './database-codes.js';
import { TurnpikeError } from './errors.js';

/**
 * SQLSTATEs of the database's own failures, some as a whole class: connection exception (08), invalid authorization
 * (28), no such database (3D), transaction rollback (40: deadlock, serialization), insufficient resources (53),
 * operator intervention (57: also a statement over its time), system error (58); and of other classes a read-only
 * transaction, an idle or overlong one, and a lock that is not available in time.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const STATES = /^(08...|28...|3D...|40...|53...|57...|58...|25006|25P03|25P04|55P03)$/;

/**
 * Prisma's codes: not reachable, no connection available, access refused; a transaction over its time (P2028) or closed
 * under the caller (P1018), a deadlock (P2034). https://www.prisma.io/docs/orm/reference/error-reference
 */
const CODES = new Set(
  'P1000 P1001 P1002 P1003 P1008 P1009 P1010 P1011 P1017 P1018 P2024 P2028 P2034 P2037'.split(' '),
);

/** The driver adapter's own names; a raw query keeps nothing else of the system's error. */
const KINDS = new Set(
  (
    'DatabaseNotReachable ConnectionClosed SocketTimeout TooManyConnections TlsConnectionError AuthenticationFailed ' +
    'DatabaseAccessDenied DatabaseDoesNotExist TransactionWriteConflict TransactionAlreadyClosed'
  ).split(' '),
);

const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** pg's own errors have no code. */
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (was closed|has encountered a connection error) and is not queryable|Cannot use a pool after calling end)/;

/**
 * Whether this is the database's own failure, so that a retry may work: the database is unreachable, overloaded, slow
 * or read-only, or has rolled this transaction back in favour of another. For our own errors, the class says what the
 * caller should do.
 */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TurnpikeError) return false;
  const code: unknown = Reflect.get(error, 'code');
  // A cause does not count: there, another client's server was unreachable.
  if (typeof code === 'string' && SYSTEM_CODES.has(code)) return true;
  return (
    PG_MESSAGES.test(error.message) ||
    databaseCodesOf(error).some((one) => CODES.has(one) || STATES.test(one)) ||
    driverKindsOf(error).some((kind) => KINDS.has(kind))
  );
}
