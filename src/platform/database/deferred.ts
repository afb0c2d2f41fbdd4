import { Prisma } from '../../generated/prisma/client.js';

/** The columns with the start and the end of a row's deferral. */
export interface Deferral {
  readonly since: Prisma.Sql;
  readonly until: Prisma.Sql;
}

/** The deferral of turns and replies. @param alias of the table */
export function deferralOf(alias: string): Deferral {
  return { since: Prisma.raw(`${alias}.deferred_at`), until: Prisma.raw(`${alias}.available_at`) };
}

const clock = Prisma.sql`clock_timestamp()`;

/**
 * The SQL condition that a row is due. It waits only between the start and the end of its deferral: a row without a
 * deferral is due by any clock, and a changed clock of the database makes no row wait longer than its deferral.
 * @param now the time to judge by
 */
export function isDue({ since, until }: Deferral, now: Prisma.Sql = clock): Prisma.Sql {
  return Prisma.sql`coalesce(${now} >= ${until} OR ${now} < ${since}, true)`;
}

/** Milliseconds until the row is due, in SQL; 0 once it is. */
export function waitMsOf(deferral: Deferral, now: Prisma.Sql = clock): Prisma.Sql {
  return Prisma.sql`CASE WHEN ${isDue(deferral, now)} THEN 0
    ELSE (extract(epoch FROM ${deferral.until} - ${now}) * 1000)::float8 END`;
}

/** Defers a turn or a reply, in the `SET` of an UPDATE. */
export function putOffBy(delayMs: number): Prisma.Sql {
  return Prisma.sql`deferred_at = ${clock}, available_at = ${clock} + ${delayMs} * interval '1 ms'`;
}

/**
 * The SQL condition that a moment lies less than `ms` in the past. A moment in the future dates from before the clock
 * was set back, and counts as long ago.
 */
export function isWithin(moment: Prisma.Sql, ms: number): Prisma.Sql {
  return Prisma.sql`${moment} BETWEEN ${clock} - ${ms} * interval '1 ms' AND ${clock}`;
}
