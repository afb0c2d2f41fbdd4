import { GiveUpError, messageOf, RetryLaterError } from '../errors/errors.js';

/** The database has the tables of a list of migrations that was never released. */
export function madeBeforeRelease(): GiveUpError {
  return new GiveUpError(
    'DATABASE_UNRELEASED',
    'the database was made by a version of Turnpike from before its first release, whose tables are others',
    'Nothing brings it up to date. Start with an empty database: name another one in DATABASE_URL or, for the embedded ' +
      'PostgreSQL, move the folder `postgres` out of DATA_DIR. Nothing was changed.',
  );
}

/** Another tool began a migration. */
export function leftUnfinished(name: string): GiveUpError {
  return new GiveUpError(
    'MIGRATION_UNFINISHED',
    `the migration ${name} was begun by another tool and never finished`,
    `Look at what it left, then run \`npx prisma migrate resolve --applied ${name}\` (or --rolled-back).`,
  );
}

/** Another process holds the migration lock. */
export function lockedByAnother(): RetryLaterError {
  return new RetryLaterError('MIGRATION_LOCKED', 'another process has been migrating for ten minutes');
}

/** PostgreSQL refused a migration. */
export function failed(name: string, cause: unknown): GiveUpError {
  return new GiveUpError(
    'MIGRATION_FAILED',
    `the migration ${name} failed and was rolled back: ${messageOf(cause)}`,
    'The database is as it was before. Correct its data or the migration, and start again.',
    { cause },
  );
}

/** A table was locked, or a transaction open, for longer than a migration waits. */
export function blocked(name: string, cause: unknown): RetryLaterError {
  return new RetryLaterError(
    'MIGRATION_BLOCKED',
    `the migration ${name} could not lock a table in time and was rolled back: ${messageOf(cause)}`,
    null,
    'Something holds the tables, a dump or a forgotten transaction: see pg_stat_activity. Start again once it has ended.',
    { cause },
  );
}
