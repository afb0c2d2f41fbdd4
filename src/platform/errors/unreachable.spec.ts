import { describe, expect, it } from 'vitest';
import { GiveUpError, RetryLaterError } from './errors.js';
import { isUnreachable } from './unreachable.js';

/** As pg throws it. */
const state = (code: string) => Object.assign(new Error('from PostgreSQL'), { code });

/** As Prisma wraps it: `cause` is what its driver adapter makes of pg's error. */
const wrapped = (code: string, cause: object) =>
  Object.assign(new Error('from Prisma'), {
    code,
    meta: { driverAdapterError: Object.assign(new Error('from the adapter'), { cause }) },
  });

describe('The database’s own failure', () => {
  it.each<[string, string, boolean]>([
    ['08000', 'connection exception', true],
    ['08006', 'connection failure', true],
    ['22001', 'string data right truncation', false],
    ['22P02', 'invalid text representation', false],
    ['22P05', 'untranslatable character', false],
    ['23503', 'foreign key violation', false],
    ['23505', 'unique violation', false],
    ['25001', 'active SQL transaction', false],
    ['25006', 'read-only transaction', true],
    ['25P02', 'in failed transaction', false],
    ['25P03', 'idle in transaction for too long', true],
    ['25P04', 'transaction for too long', true],
    ['28P01', 'invalid password', true],
    ['3D000', 'no such database', true],
    ['40001', 'serialization failure', true],
    ['40P01', 'deadlock', true],
    ['42601', 'syntax error', false],
    ['42P01', 'undefined table', false],
    ['53100', 'disk full', true],
    ['53200', 'out of memory', true],
    ['53300', 'too many connections', true],
    ['54000', 'program limit exceeded', false],
    ['55000', 'object not in prerequisite state', false],
    ['55P03', 'lock not available', true],
    ['57014', 'statement cancelled', true],
    ['57P01', 'admin shutdown', true],
    ['57P02', 'crash shutdown', true],
    ['57P03', 'cannot connect now', true],
    ['57P05', 'idle session for too long', true],
    ['58030', 'I/O error', true],
    ['P0001', 'raised by a function', false],
    ['XX000', 'internal error', false],
  ])('%s, %s: %j', (code, _, trouble) => {
    expect(isUnreachable(state(code))).toBe(trouble);
    const cause = { originalCode: code, kind: 'postgres', code };
    expect(isUnreachable(wrapped('P2010', cause)), 'raw query').toBe(trouble);
    expect(isUnreachable(wrapped('P2039', cause)), 'query').toBe(trouble);
    expect(isUnreachable(new Error('wrapped by us', { cause: state(code) })), 'cause').toBe(trouble);
  });

  it.each<[string, boolean]>([
    ['P1000', true],
    ['P1001', true],
    ['P1008', true],
    ['P1017', true],
    ['P2002', false],
    ['P2003', false],
    ['P2010', false],
    ['P2024', true],
    ['P2025', false],
    ['P2028', true],
    ['P2034', true],
    ['P2037', true],
    ['P2039', false],
  ])('Prisma’s %s: %j', (code, trouble) => {
    expect(isUnreachable(Object.assign(new Error('from Prisma'), { code, meta: {} }))).toBe(trouble);
  });

  it.each<[string, boolean]>([
    ['DatabaseNotReachable', true],
    ['ConnectionClosed', true],
    ['SocketTimeout', true],
    ['TooManyConnections', true],
    ['TransactionWriteConflict', true],
    ['UniqueConstraintViolation', false],
    ['TableDoesNotExist', false],
  ])('of a raw query, which keeps only the adapter’s %s: %j', (kind, trouble) => {
    expect(isUnreachable(wrapped('P2010', { kind }))).toBe(trouble);
  });

  it('is distinguished from another server’s failure, and from other errors', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(isUnreachable(refused)).toBe(true);
    expect(isUnreachable(new TypeError('fetch failed', { cause: refused }))).toBe(false);
    const cause = { cause: state('57P01') };
    expect(isUnreachable(new RetryLaterError('MODEL_UNREACHABLE', 'of ours', null, null, cause))).toBe(false);
    expect(isUnreachable(new GiveUpError('TURN_POISON', 'of ours'))).toBe(false);
    for (const odd of [null, undefined, 'ECONNREFUSED', { code: '57P01' }, new Error('timeout')])
      expect(isUnreachable(odd)).toBe(false);
  });
});
