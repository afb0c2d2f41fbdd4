import { table } from '../bench/support/table.js';
import type { Dialogue } from './dialogue.js';
import type { Played } from './player.js';

/** A dialogue with its results. */
export interface Result {
  readonly dialogue: Dialogue;
  /** Of each run; empty if it was skipped. */
  readonly runs: readonly Played[];
}

/** Every expectation of every run. */
export function allHold(results: readonly Result[]): boolean {
  return results.every(({ runs }) =>
    runs.every(({ verdicts }) => verdicts.every(({ miss }) => miss === null)),
  );
}

/** As a table, followed by the failed expectations. */
export function reportText(results: readonly Result[], isPriced: boolean): string {
  const rows = [
    ['dialogue', 'expectation', 'verdict', 'tokens', 'cost', 'time'],
    ...results.flatMap((result) => rowsOf(result, isPriced)),
  ];
  const width = Math.max(...rows.map(([, expectation = '']) => expectation.length));
  // The table puts every column but the first to the right.
  const [header = [], ...aligned] = rows.map(([name = '', expectation = '', ...rest]) => [
    name,
    expectation.padEnd(width),
    ...rest,
  ]);
  const misses = results.flatMap(missesOf);
  const missed = misses.length === 0 ? '' : `\n\n${misses.join('\n')}`;
  return `${table(header, aligned)}${missed}`;
}

/** For machines: each run with each of its verdicts. */
export function reportData(results: readonly Result[]): object[] {
  return results.map(({ dialogue: { name, about, needsRealModel }, runs }) => ({
    name,
    about,
    skipped: runs.length === 0 ? (needsRealModel ?? null) : null,
    runs,
  }));
}

function rowsOf({ dialogue, runs }: Result, isPriced: boolean): string[][] {
  const [first] = runs;
  if (!first) return [[dialogue.name, `skipped: ${dialogue.needsRealModel ?? ''}`, '-', '-', '-', '-']];
  const sum = (value: (run: Played) => number) => runs.reduce((total, run) => total + value(run), 0);
  const figures = [
    sum(({ used }) => used.tokens).toLocaleString('en'),
    isPriced ? `$${sum(({ used }) => used.usd).toFixed(4)}` : '-',
    `${(sum(({ ms }) => ms) / 1_000).toFixed(1)} s`,
  ];
  return first.verdicts.map(({ expectation }, index) => {
    const held = runs.filter(({ verdicts }) => verdicts[index]?.miss === null).length;
    return [
      index === 0 ? dialogue.name : '',
      expectation,
      verdictText(held, runs.length),
      ...(index === 0 ? figures : ['', '', '']),
    ];
  });
}

function verdictText(held: number, runs: number): string {
  if (runs > 1) return `${held}/${runs}`;
  return held === 1 ? 'holds' : 'MISSED';
}

function missesOf({ dialogue: { name }, runs }: Result): string[] {
  return runs.flatMap(({ verdicts }) =>
    verdicts.flatMap(({ expectation, miss }) =>
      miss === null ? [] : [`MISSED  ${name}: ${expectation}: ${miss}`],
    ),
  );
}
