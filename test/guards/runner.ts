import { readFile, writeFile } from 'node:fs/promises';
import type { Guard } from './guard.js';
import { type Ending, Trial } from './trial.js';
import { guards } from './guards.js';
import { withLines, withTable } from './guard-table.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const GUARDS = new URL('../../docs/guards.md', import.meta.url);
const GUARANTEES = new URL('../../docs/guarantees.md', import.meta.url);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Removes each guard in turn and requires that its test fails. Arguments select guards by a part of their id, file or
 * spec; `--write` updates the tables of docs/guards.md and docs/guarantees.md instead.
 * @returns 0 if all were caught
 */
export async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--write')) {
    await writeFile(GUARDS, withTable(await readFile(GUARDS, 'utf8'), guards));
    await writeFile(GUARANTEES, withLines(await readFile(GUARANTEES, 'utf8'), guards));
    return 0;
  }
  const chosen = guards.filter((guard) => args.length === 0 || args.some((arg) => isChosen(guard, arg)));
  if (chosen.length === 0) throw new Error(`no guard is called ${args.join(' or ')}`);
  return await tryAll(chosen);
}

function isChosen({ id, spec, without }: Guard, part: string): boolean {
  return [id, spec, 'file' in without ? without.file : without.table].some((text) => text.includes(part));
}

async function tryAll(chosen: readonly Guard[]): Promise<number> {
  const began = performance.now();
  const trial = await Trial.begin(ROOT);
  process.once('SIGINT', () => void trial.end().finally(() => process.exit(130)));
  try {
    const green = await trial.withAll(chosen);
    const missed: string[] = [];
    say(`${'with all'.padEnd(10)}${seconds(began)}`);
    for (const guard of chosen) {
      const start = performance.now();
      const fault = faultWith(green.get(guard)) ?? (await faultWithout(trial, guard));
      say(
        `${(fault ? 'MISSED' : 'caught').padEnd(10)}${seconds(start)}  ${guard.id}${fault ? `: ${fault}` : ''}`,
      );
      if (fault) missed.push(guard.id);
    }
    say(`${chosen.length - missed.length} of ${chosen.length} guards caught in${seconds(began)}`);
    if (missed.length > 0) say(`not caught: ${missed.join(', ')}`);
    return missed.length === 0 ? 0 : 1;
  } finally {
    await trial.end();
  }
}

function faultWith(ending: Ending | undefined): string | null {
  if (ending?.kind === 'passed') return null;
  return `its test is not green with the guard in: ${wordsOf(ending)}`;
}

async function faultWithout(trial: Trial, guard: Guard): Promise<string | null> {
  try {
    const ending = await trial.without(guard);
    if (ending.kind === 'passed') return 'its test is green without it';
    const expected =
      ending.kind === 'failed' &&
      (guard.error === undefined
        ? ending.asserted
        : ending.errors.some((error) => error.includes(guard.error ?? '')));
    return expected ? null : `its test failed for another reason: ${wordsOf(ending)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function wordsOf(ending: Ending | undefined): string {
  if (ending?.kind === 'failed') return ending.errors.join('; ').slice(0, 500);
  return ending?.kind === 'absent' ? ending.why : (ending?.kind ?? 'it did not run');
}

const seconds = (since: number): string =>
  `${((performance.now() - since) / 1_000).toFixed(1).padStart(7)} s`;
