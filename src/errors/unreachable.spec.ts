import { describe, expect, it } from 'vitest';
import { GiveUpError, RetryLaterError } from './errors.js';
import { isAway, isUnreachable } from './unreachable.js';

type Trouble = 'everybody' | 'perhaps of these rows only' | 'none';

const sayOf = (error: unknown): Trouble => {
  if (!isUnreachable(error)) return 'none';
  return isAway(error) ? 'everybody' : 'perhaps of these rows only';
};

/** As pg throws it. */
const state = (code: string) => Object.assign(new Error('from PostgreSQL'), { code });

/** As Prisma wraps it: `cause` is what its driver adapter makes of pg's error. */
const wrapped = (code: string, cause: object) =>
  Object.assign(new Error('from Prisma'), {
    code,
    meta: { driverAdapterError: Object.assign(new Error('from the adapter'), { cause }) },
  });

describe('the database’s trouble', () => {
  it.each<[string, string, Trouble]>([
    ['08000', 'connection exception', 'everybody'],
    ['08006', 'connection failure', 'everybody'],
    ['22001', 'string data right truncation', 'none'],
    ['22P02', 'invalid text representation', 'none'],
    ['22P05', 'untranslatable character', 'none'],
    ['23503', 'foreign key violation', 'none'],
    ['23505', 'unique violation', 'none'],
    ['25001', 'active SQL transaction', 'none'],
    ['25006', 'read-only transaction', 'perhaps of these rows only'],
    ['25P02', 'in failed transaction', 'none'],
    ['25P03', 'idle in transaction for too long', 'perhaps of these rows only'],
    ['25P04', 'transaction for too long', 'perhaps of these rows only'],
    ['28P01', 'invalid password', 'everybody'],
    ['3D000', 'no such database', 'everybody'],
    ['40001', 'serialization failure', 'perhaps of these rows only'],
    ['40P01', 'deadlock', 'perhaps of these rows only'],
    ['42601', 'syntax error', 'none'],
    ['42P01', 'undefined table', 'none'],
    ['53100', 'disk full', 'everybody'],
    ['53200', 'out of memory', 'everybody'],
    ['53300', 'too many connections', 'everybody'],
    ['54000', 'program limit exceeded', 'none'],
    ['55000', 'object not in prerequisite state', 'none'],
    ['55P03', 'lock not available', 'perhaps of these rows only'],
    ['57014', 'statement cancelled', 'perhaps of these rows only'],
    ['57P01', 'admin shutdown', 'everybody'],
    ['57P02', 'crash shutdown', 'everybody'],
    ['57P03', 'cannot connect now', 'everybody'],
    ['57P05', 'idle session for too long', 'everybody'],
    ['58030', 'I/O error', 'everybody'],
    ['P0001', 'raised by a function', 'none'],
    ['XX000', 'internal error', 'none'],
  ])('%s, %s: %s', (code, _, trouble) => {
    expect(sayOf(state(code))).toBe(trouble);
    const cause = { originalCode: code, kind: 'postgres', code };
    expect(sayOf(wrapped('P2010', cause)), 'raw query').toBe(trouble);
    expect(sayOf(wrapped('P2039', cause)), 'query').toBe(trouble);
    expect(sayOf(new Error('wrapped by us', { cause: state(code) })), 'cause').toBe(trouble);
  });

  it.each<[string, Trouble]>([
    ['P1000', 'everybody'],
    ['P1001', 'everybody'],
    ['P1008', 'everybody'],
    ['P1017', 'everybody'],
    ['P2002', 'none'],
    ['P2003', 'none'],
    ['P2010', 'none'],
    ['P2024', 'everybody'],
    ['P2025', 'none'],
    ['P2028', 'perhaps of these rows only'],
    ['P2034', 'perhaps of these rows only'],
    ['P2037', 'everybody'],
    ['P2039', 'none'],
  ])('Prisma’s %s: %s', (code, trouble) => {
    expect(sayOf(Object.assign(new Error('from Prisma'), { code, meta: {} }))).toBe(trouble);
  });

  it.each<[string, Trouble]>([
    ['DatabaseNotReachable', 'everybody'],
    ['ConnectionClosed', 'everybody'],
    ['SocketTimeout', 'everybody'],
    ['TooManyConnections', 'everybody'],
    ['TransactionWriteConflict', 'perhaps of these rows only'],
    ['UniqueConstraintViolation', 'none'],
    ['TableDoesNotExist', 'none'],
  ])('of a raw query, where the adapter’s %s is all that is left: %s', (kind, trouble) => {
    expect(sayOf(wrapped('P2010', { kind }))).toBe(trouble);
  });

  it('is told from another server’s, and from what is no error of a client', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(sayOf(refused)).toBe('everybody');
    expect(sayOf(new TypeError('fetch failed', { cause: refused }))).toBe('none');
    const cause = { cause: state('57P01') };
    expect(sayOf(new RetryLaterError('MODEL_UNREACHABLE', 'of ours', null, null, cause))).toBe('none');
    expect(sayOf(new GiveUpError('TURN_POISON', 'of ours'))).toBe('none');
    for (const odd of [null, undefined, 'ECONNREFUSED', { code: '57P01' }, new Error('timeout')])
      expect(sayOf(odd)).toBe('none');
  });
});
