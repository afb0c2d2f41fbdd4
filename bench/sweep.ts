import { DatabasePool } from '../src/platform/database/database-pool.js';
import { Database } from '../src/platform/database/database.js';
import { Migrator } from '../src/platform/database/migrator.js';
import { PrismaService } from '../src/platform/database/prisma.service.js';
import { type LaneName, lanes } from '../src/queue/lanes.js';
import { dueWorkStatement, SweepRepository } from '../src/workers/sweep.repository.js';
import type { Bench, BenchReport, Verdict } from './bench.js';
import { fillWithHistory, liveOn } from './support/history.js';
import { median, percentile } from './support/statistics.js';
import { table } from './support/table.js';
import { Workbench } from './support/workbench.js';

const HISTORY = { conversations: 10_000, events: 1_000_000, turns: 500_000 } as const;
/** Turns of every conversation since the last vacuum; autovacuum runs after a fifth of a table has changed. */
const ROUNDS_SINCE_VACUUM = 10;
const WARM_UP_PASSES = 20;
const PASSES = 300;
const GOAL_MS = 5;
const FIRST = '00000000-0000-0000-0000-000000000000';
const BATCH = 2_000;

/** Milliseconds of each pass, and of each lane's statement in it. */
type Timings = Readonly<Record<LaneName | 'pass', number[]>>;

interface Condition {
  readonly name: string;
  readonly timings: Timings;
}

/** Measures the cost of a sweep without due work, the usual case. */
export const sweepBench: Bench = {
  name: 'sweep',
  about: 'a pass of the sweep with nothing due, on a database of 1,000,000 finished events',
  run: async () => {
    const workbench = await Workbench.open();
    try {
      return await measure(await workbench.database('sweep'));
    } finally {
      await workbench.close();
    }
  },
};

async function measure(url: string): Promise<BenchReport> {
  await new Migrator(url).apply();
  progress('filling the database');
  await fillWithHistory(url, HISTORY);
  const pool = new DatabasePool(new Database(url), { poolSize: 1 });
  const prisma = new PrismaService(pool);
  const sweep = new SweepRepository(prisma);
  try {
    progress('passes on the vacuumed database');
    const vacuumed = { name: 'vacuumed', timings: await passes(sweep) };
    progress(`${ROUNDS_SINCE_VACUUM} more turns of every conversation, not vacuumed`);
    await liveOn(url, ROUNDS_SINCE_VACUUM);
    const busy = { name: 'before the next vacuum', timings: await passes(sweep) };
    return report([vacuumed, busy], await plans(pool));
  } finally {
    await prisma.$disconnect();
    await pool.end();
  }
}

async function passes(sweep: SweepRepository): Promise<Timings> {
  const timings: Timings = { pass: [], turns: [], commands: [], deliveries: [], summaries: [] };
  for (let pass = -WARM_UP_PASSES; pass < PASSES; pass += 1) {
    const begun = performance.now();
    const spent = new Map<LaneName, number>();
    for (const lane of lanes) {
      const since = performance.now();
      const due = await sweep.due(lane, FIRST, BATCH);
      if (due.length > 0) throw new Error(`${due.length} conversations are due in lane ${lane}`);
      spent.set(lane, performance.now() - since);
    }
    if (pass < 0) continue;
    timings.pass.push(performance.now() - begun);
    for (const [lane, ms] of spent) timings[lane].push(ms);
  }
  return timings;
}

/** PostgreSQL's work for each statement of a pass, as lines. */
async function plans(pool: DatabasePool): Promise<ReadonlyMap<LaneName, readonly string[]>> {
  const plans = new Map<LaneName, readonly string[]>();
  for (const lane of lanes) {
    const { text, values } = dueWorkStatement(lane, FIRST, BATCH);
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS) ${text}`, [
      ...values,
    ]);
    plans.set(
      lane,
      rows.map((row) => row['QUERY PLAN']),
    );
  }
  return plans;
}

function report(
  conditions: readonly Condition[],
  plans: ReadonlyMap<LaneName, readonly string[]>,
): BenchReport {
  const rows = conditions.flatMap(({ name, timings }) =>
    (['pass', ...lanes] as const).map((part) => [
      part === 'pass' ? `${name}: whole pass` : `  ${part}`,
      median(timings[part]).toFixed(2),
      percentile(timings[part], 0.99).toFixed(2),
      Math.max(...timings[part]).toFixed(2),
    ]),
  );
  const explained = [...plans].map(
    ([lane, lines]) => `${lane}\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
  return {
    text: [table(['', 'median ms', 'p99 ms', 'most ms'], rows), ...explained].join('\n\n'),
    verdicts: [...conditions.map(speedOf), scansOf([...plans.values()].flat())],
    data: { history: HISTORY, passes: PASSES, conditions, plans: Object.fromEntries(plans) },
  };
}

/** The median: other load of the machine shows in the p99, which is printed beside it. */
function speedOf({ name, timings }: Condition): Verdict {
  const measured = median(timings.pass);
  return {
    promise: `${name}: median of a pass in ms, below ${GOAL_MS}`,
    measured,
    holds: measured < GOAL_MS,
  };
}

function scansOf(lines: readonly string[]): Verdict {
  const scans = lines.filter((line) => line.includes(' Scan'));
  const others = scans.filter(
    (line) => !/Index (Only )?Scan|Bitmap Heap Scan|Subquery Scan/.test(line),
  ).length;
  return { promise: 'scans without an index, 0', measured: others, holds: scans.length > 0 && others === 0 };
}

const progress = (text: string): void => void process.stdout.write(`${text}\n`);
