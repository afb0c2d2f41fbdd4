import { type PrismaClient, Prisma } from '../../src/generated/prisma/client.js';

/** PostgreSQL's execution of a statement. */
export interface QueryPlan {
  /** The output of EXPLAIN (ANALYZE), with the number of rows of each part and without estimates. */
  readonly text: string;
  /** The number of pages of tables and indexes that the statement itself read, cached or not. */
  readonly pages: number;
}

/**
 * Runs the statement, and returns its plan. It counts the reads of this statement only; the statistics views include
 * others', for example of a vacuum, which comes at any time.
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
