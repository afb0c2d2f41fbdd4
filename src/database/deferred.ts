import { Prisma } from '../generated/prisma/client.js';

/** The columns that say since when, and until when, a row is put off. */
export interface Deferral {
  readonly since: Prisma.Sql;
  readonly until: Prisma.Sql;
}

/** Of turns and replies. @param alias of the table */
export function deferralOf(alias: string): Deferral {
  return { since: Prisma.raw(`${alias}.deferred_at`), until: Prisma.raw(`${alias}.available_at`) };
}

const clock = Prisma.sql`clock_timestamp()`;

/**
 * Says in SQL that a row may be worked on: it waits only from the moment it was put off to the moment it is due. So a
 * row that was never put off is due by any clock, and no setting of the database's clock makes a row wait for longer
 * than it was put off.
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

/** Puts a turn or a reply off, in the `SET` of an UPDATE. */
export function putOffBy(delayMs: number): Prisma.Sql {
  return Prisma.sql`deferred_at = ${clock}, available_at = ${clock} + ${delayMs} * interval '1 ms'`;
}

/**
 * Says in SQL that a moment lies less than `ms` in the past. One that seems to lie ahead was before the clock was set
 * back, and is as long ago as anybody can say.
 */
export function isWithin(moment: Prisma.Sql, ms: number): Prisma.Sql {
  return Prisma.sql`${moment} BETWEEN ${clock} - ${ms} * interval '1 ms' AND ${clock}`;
}
