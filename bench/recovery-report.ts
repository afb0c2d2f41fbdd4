import type { BenchReport, Verdict } from './bench.js';
import { median } from './support/statistics.js';
import { table } from './support/table.js';

/** The processing of a backlog: milliseconds from the release of the model. */
export interface Drain {
  /** Until the last conversation was back in its lane; null if Redis was not emptied. */
  readonly inLaneMs: number | null;
  /** Until the last turn was committed. */
  readonly doneMs: number;
  /** Until the last reply was with Telegram. */
  readonly answeredMs: number;
}

/**
 * The speed of processing a backlog says nothing about the sweep, so the same backlog is processed with Redis left
 * alone too: the difference is the cost of emptying it.
 */
export function recoveryReport(
  undisturbed: readonly Drain[],
  emptied: readonly Drain[],
  periodMs: number,
): BenchReport {
  const goalSeconds = (2 * periodMs) / 1_000;
  const back = emptied.flatMap(({ inLaneMs }) => inLaneMs ?? []);
  const delays = emptied.map(({ answeredMs }, round) => answeredMs - (undisturbed[round]?.answeredMs ?? 0));
  const verdict = (what: string, ms: number): Verdict => ({
    promise: `${what}, in s, at most two sweep periods (${goalSeconds})`,
    measured: ms / 1_000,
    holds: ms / 1_000 <= goalSeconds,
  });
  const rows = [
    ['undisturbed: all turns done', ...figures(undisturbed.map(({ doneMs }) => doneMs))],
    ['undisturbed: all answered', ...figures(undisturbed.map(({ answeredMs }) => answeredMs))],
    ['emptied: all back in their lanes', ...figures(back)],
    ['emptied: all turns done', ...figures(emptied.map(({ doneMs }) => doneMs))],
    ['emptied: all answered', ...figures(emptied.map(({ answeredMs }) => answeredMs))],
    ['later than undisturbed', ...figures(delays)],
  ];
  return {
    text: table(['seconds', 'median', 'least', 'most'], rows),
    verdicts: [
      verdict('the last conversation back in its lane, slowest round', Math.max(...back)),
      verdict('the last answer later than undisturbed, median', median(delays)),
    ],
    data: { periodMs, undisturbed, emptied },
  };
}

function figures(values: readonly number[]): string[] {
  return [median(values), Math.min(...values), Math.max(...values)].map((ms) => (ms / 1_000).toFixed(2));
}
