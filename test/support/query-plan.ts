import { type PrismaClient, Prisma } from '../../src/generated/prisma/client.js';

/** How PostgreSQL carried out a statement. */
export interface QueryPlan {
  /** As EXPLAIN (ANALYZE) writes it, with how many rows each part gave and without estimates. */
  readonly text: string;
  /** How many pages of tables and indexes the statement itself touched, wherever they were found. */
  readonly pages: number;
}

/**
 * Carries the statement out, and tells how. It counts what this one statement read; the statistics views count what
 * everybody read, the vacuum of the filled tables too, which comes when it likes.
 */
export async function planOf(prisma: Pick<PrismaClient, '$queryRaw'>, query: Prisma.Sql): Promise<QueryPlan> {
  const rows = await prisma.$queryRaw<{ 'QUERY PLAN': string }[]>(
    Prisma.sql`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${query}`,
  );
  const lines = rows.map((row) => row['QUERY PLAN']);
  const planning = lines.findIndex((line) => line.startsWith('Planning'));
  const text = lines.slice(0, planning === -1 ? undefined : planning).join('\n');
  // The outermost part comes first, and counts those within it.
  const [, hit = 0, read = 0] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(text) ?? [];
  return { text, pages: Number(hit) + Number(read) };
}
