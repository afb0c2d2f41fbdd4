import { databaseCodesOf, driverKindsOf } from './database-codes.js';
import { TurnpikeError } from './errors.js';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: whole classes, and single conditions of others. */
const AWAY_STATES =
  // Connection exception; invalid authorization; invalid catalog name; insufficient resources; operator intervention but
  // for a statement that was cancelled; system error.
  /^(08...|28...|3D...|53...|57(?!014)...|58...)$/;
const HELD_UP_STATES =
  // Transaction rollback (deadlock, serialization); read-only transaction; idle or whole transaction over its time;
  // statement cancelled (over its time); lock not available.
  /^(40...|25006|25P03|25P04|57014|55P03)$/;

/** https://www.prisma.io/docs/orm/reference/error-reference */
const AWAY_CODES = new Set('P1000 P1001 P1002 P1003 P1008 P1009 P1010 P1011 P1017 P2024 P2037'.split(' '));
/** P2028: a transaction over its time, or that got no connection in time. P2034: deadlock or write conflict. */
const HELD_UP_CODES = new Set('P1018 P2028 P2034'.split(' '));

/** The driver adapter's own names; of a raw query they are all that is left of what the system said. */
const AWAY_KINDS = new Set(
  (
    'DatabaseNotReachable ConnectionClosed SocketTimeout TooManyConnections TlsConnectionError ' +
    'AuthenticationFailed DatabaseAccessDenied DatabaseDoesNotExist'
  ).split(' '),
);
const HELD_UP_KINDS = new Set(['TransactionWriteConflict', 'TransactionAlreadyClosed']);

const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** pg's own errors have no code. */
const PG_AWAY =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (was closed|has encountered a connection error) and is not queryable|Cannot use a pool after calling end)/;

/**
 * Is this the database's trouble, and not the work's: nothing is wrong with what was asked, and it may work again
 * later? The database is away, overloaded, slow, read-only, or has chosen this transaction to give way to another.
 * What the caller should do about an error of ours its class says.
 */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TurnpikeError) return false;
  return (
    isAway(error) ||
    databaseCodesOf(error).some((code) => HELD_UP_CODES.has(code) || HELD_UP_STATES.test(code)) ||
    driverKindsOf(error).some((kind) => HELD_UP_KINDS.has(kind))
  );
}

/** Of these troubles: is it one of everybody, and not perhaps only of the rows that were asked for? */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TurnpikeError) return false;
  const code: unknown = Reflect.get(error, 'code');
  // Not that of a cause: another client's server was out of reach, then.
  if (typeof code === 'string' && SYSTEM_CODES.has(code)) return true;
  return (
    PG_AWAY.test(error.message) ||
    databaseCodesOf(error).some((one) => AWAY_CODES.has(one) || AWAY_STATES.test(one)) ||
    driverKindsOf(error).some((kind) => AWAY_KINDS.has(kind))
  );
}
