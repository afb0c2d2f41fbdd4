import type { Side } from './ack.js';
import type { BenchReport, Verdict } from './bench.js';
import type { LoadResult } from './support/load.js';
import { median, percentile } from './support/statistics.js';
import { table } from './support/table.js';

const P99_GOAL_MS = 25;

/** The result of one side. */
interface Summary {
  readonly name: string;
  readonly perSecond: number;
  /** Its rate relative to the durable floor in the same round: median, least and most of the rounds. */
  readonly ofFloor: { readonly median: number; readonly least: number; readonly most: number };
  readonly p50: number;
  readonly p99: number;
  readonly steady: { readonly p50: number; readonly p99: number; readonly perSecond: number } | null;
  /** Answers other than an acceptance. */
  readonly others: Readonly<Record<string, number>>;
}

/**
 * The sides as a table, and whether the promises hold. Ratios are of neighbours in time, because the machine may be
 * busy.
 */
export function ackReport(floor: Side, sides: readonly Side[]): BenchReport {
  const summaries = sides.map((side) => summarise(floor, side));
  const verdicts = sides.flatMap((side, index) => verdictsOn(side, summaries[index]));
  return { text: render(summaries), verdicts, data: { rounds: floor.flatOut.length, sides: summaries } };
}

function summarise(floor: Side, { name, flatOut, steady }: Side): Summary {
  const ratios = flatOut.map(
    ({ perSecond }, round) => perSecond / (floor.flatOut[round]?.perSecond ?? Number.NaN),
  );
  const latencies = flatOut.flatMap((result) => result.latencies);
  return {
    name,
    perSecond: median(flatOut.map(({ perSecond }) => perSecond)),
    ofFloor: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    steady: steady && {
      p50: percentile(steady.latencies, 0.5),
      p99: percentile(steady.latencies, 0.99),
      perSecond: steady.perSecond,
    },
    others: sumOf([...flatOut, ...(steady ? [steady] : [])]),
  };
}

function verdictsOn({ name, goal }: Side, summary: Summary | undefined): Verdict[] {
  if (goal === null || !summary) return [];
  const refused = Object.values(summary.others).reduce((sum, count) => sum + count, 0);
  const { ofFloor, steady } = summary;
  const verdicts: Verdict[] = [
    {
      promise: `${name}: of the durable floor, at least ${goal}`,
      measured: ofFloor.median,
      holds: ofFloor.median >= goal,
    },
    { promise: `${name}: answers that were no acceptance, 0`, measured: refused, holds: refused === 0 },
  ];
  if (!steady) return verdicts;
  const promise = `${name}: p99 in ms at a steady rate, below ${P99_GOAL_MS}`;
  return [...verdicts, { promise, measured: steady.p99, holds: steady.p99 < P99_GOAL_MS }];
}

function render(summaries: readonly Summary[]): string {
  const header = ['', 'acks/s', 'of floor', 'spread', 'p50 ms', 'p99 ms', 'steady p50', 'steady p99'];
  const rows = summaries.map(({ name, perSecond, ofFloor, p50, p99, steady }) => [
    name,
    perSecond.toFixed(0),
    ofFloor.median.toFixed(2),
    `${ofFloor.least.toFixed(2)}-${ofFloor.most.toFixed(2)}`,
    p50.toFixed(1),
    p99.toFixed(1),
    steady ? steady.p50.toFixed(1) : '',
    steady ? steady.p99.toFixed(1) : '',
  ]);
  const refusals = summaries.flatMap(({ name, others }) =>
    Object.entries(others).map(([answer, count]) => `${name}: ${count} answers were ${answer}`),
  );
  return [table(header, rows), ...refusals].join('\n');
}

function sumOf(results: readonly LoadResult[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { others } of results) {
    for (const [answer, count] of Object.entries(others)) sum[answer] = (sum[answer] ?? 0) + count;
  }
  return sum;
}
