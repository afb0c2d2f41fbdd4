import { readFileSync } from 'node:fs';
import type { Environment } from './read-settings.js';

/** Shorter names are too similar to many others. */
const SHORTEST = 6;
/** From this length on two wrong characters are a slip and no other name. */
const LONG = 16;

/**
 * Variables that are no settings and resemble a misspelt one: a character is wrong, missing, doubled or swapped with
 * the next one, or a word is left out. Any other may belong to another program.
 * @param files whose `${NAME}` references mark a variable as used
 * @returns each with the name that is probably meant; no value
 */
export function misspeltVariables(
  env: Environment,
  known: readonly string[],
  files: readonly (string | undefined)[] = [],
): string[] {
  const isKnown = new Set(known);
  const owned = new Set(files.flatMap((file) => (file === undefined ? [] : namesIn(file))));
  return Object.entries(env).flatMap(([name, value]) => {
    if (isKnown.has(name) || owned.has(name) || value === undefined || value.trim() === '') return [];
    const meant = nearest(name.toUpperCase(), known);
    if (meant === null) return [];
    return [`${name} is no setting: ${meant} is meant (unset ${name} if it is of another program)`];
  });
}

/** A number behind a setting's name, or a word (`OPENAI_API_KEY_OLD`), makes it a name of its own. */
function nearest(name: string, known: readonly string[]): string | null {
  if (name.length < SHORTEST) return null;
  const near = known
    .filter((candidate) => candidate.length >= SHORTEST && !name.startsWith(`${candidate}_`))
    .map((candidate) => ({ candidate, wrong: distance(name, candidate) }))
    .filter(({ candidate, wrong }) => wrong <= (candidate.length >= LONG ? 2 : 1))
    .toSorted((one, other) => one.wrong - other.wrong);
  return near[0]?.candidate ?? known.find((candidate) => isWithoutOneWord(name, candidate)) ?? null;
}

/** `TELEGRAM_TOKEN` is `TELEGRAM_BOT_TOKEN` without a word. */
function isWithoutOneWord(name: string, known: string): boolean {
  const words = known.split('_');
  return (
    words.length > 2 &&
    words.some((_word, left) => left > 0 && words.filter((_kept, index) => index !== left).join('_') === name)
  );
}

/** Optimal string alignment: characters inserted, left out, replaced, or swapped with their neighbour. Pure. */
export function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  let [before, last]: [number[], number[]] = [
    [],
    Array.from({ length: other.length + 1 }, (_, index) => index),
  ];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          at(last, j - 1) + (same ? 0 : 1),
          swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, last] = [last, row];
  }
  return at(last, other.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

/** The variables that a file of bots or MCP servers names. */
function namesIn(file: string): string[] {
  try {
    return Array.from(readFileSync(file, 'utf8').matchAll(/\$\{(\w+)\}/g), ([, name = '']) => name);
  } catch {
    return []; // Reported when the file is read.
  }
}
