/** What a guard is, in the table of docs/guarantees.md. */
export const kinds = [
  'fence',
  'lock',
  'unique key',
  'condition',
  'order',
  'retry',
  'sweep part',
  'limit',
  'secret',
] as const;

/** A change of one file of `src`: takes the guard out, or turns it into what it guards against. */
export interface SourceChange {
  readonly file: string;
  /** The start of the one member or statement in which `find` is looked for; it occurs once in the file. None: the file. */
  readonly within?: string;
  /** Occurs once in there. */
  readonly find: string;
  /** Stands in its place; none: nothing does. */
  readonly replace?: string;
}

/** What is done to the tables of an empty, migrated database: takes a key, an index or a constraint away. */
export interface TableChange {
  /** A table, for the list. */
  readonly table: string;
  readonly sql: string;
}

/** Something that a promise rests on, and the test that fails without it. */
export interface Guard {
  /** Room and name, as the filter of `npm run test:guards` takes it. */
  readonly id: string;
  readonly kind: (typeof kinds)[number];
  /** Of CONTRACT's promises: 1 to 7. */
  readonly promises: readonly number[];
  /** What holds because it is there. */
  readonly keeps: string;
  readonly without: SourceChange | TableChange;
  readonly spec: string;
  /** The name of the test that fails, without those of the blocks it stands in. */
  readonly test: string;
  /** Part of the error with which it may fail; else only an assertion counts. */
  readonly error?: string;
}

/**
 * The file's text without the guard.
 * @throws where the guard is not exactly once where it is said to be
 */
export function takeOut(source: string, { file, within, find, replace = '' }: SourceChange): string {
  const from = within === undefined ? 0 : onlyPlace(source, within, file);
  const until = within === undefined ? source.length : endOf(source, from);
  const at = from + onlyPlace(source.slice(from, until), find, within ? `${file}, ${within}` : file);
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

/** Where the member or statement that begins here ends: at the next brace that closes as far to the left. */
function endOf(source: string, from: number): number {
  const line = source.slice(source.lastIndexOf('\n', from) + 1, from);
  const indent = /^ */.exec(line)?.[0] ?? '';
  const end = source.slice(from).search(new RegExp(`^${indent}\\}[);]*$`, 'm'));
  return end < 0 ? source.length : from + end;
}

function onlyPlace(text: string, part: string, where: string): number {
  const parts = text.split(part);
  if (parts.length !== 2) throw new Error(`the guard moved: ${parts.length - 1} times in ${where}: ${part}`);
  return parts[0]?.length ?? 0;
}

/** The line on which a guard stands, counted from 1. */
export function lineOf(source: string, change: SourceChange): number {
  const from = change.within === undefined ? 0 : source.indexOf(change.within);
  return source.slice(0, source.indexOf(change.find, from)).split('\n').length;
}
