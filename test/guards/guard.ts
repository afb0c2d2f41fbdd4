/** A row of the table in docs/guards.md. */
const kinds = [
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

/** A change of one file of `src`: removes the guard, or replaces it by the fault. */
export interface SourceChange {
  readonly file: string;
  /**
   * The start of the one member or statement in which `find` is searched; it occurs once in the file. None: the whole
   * file.
   */
  readonly within?: string;
  /** Occurs once in there. */
  readonly find: string;
  /** Replaces it; none: deletes it. */
  readonly replace?: string;
}

/** A change of the tables of an empty, migrated database: removes a key, an index or a constraint. */
interface TableChange {
  /** A table, for the list. */
  readonly table: string;
  readonly sql: string;
}

/** A basis of a promise, and the test that fails without it. */
export interface Guard {
  /** Topic and name, for the filter of `npm run test:guards`. */
  readonly id: string;
  readonly kind: (typeof kinds)[number];
  /** Of CONTRACT's promises: 1 to 7. */
  readonly promises: readonly number[];
  /** The guarantee that it keeps. */
  readonly keeps: string;
  readonly without: SourceChange | TableChange;
  readonly spec: string;
  /** The name of the test that fails, without those of its blocks. */
  readonly test: string;
  /** Part of the error with which it may fail; else only an assertion counts. */
  readonly error?: string;
}

/**
 * The file's text without the guard.
 * @throws if the guard does not occur exactly once in its place
 */
export function takeOut(source: string, change: SourceChange): string {
  const at = placeOf(source, change);
  return source.slice(0, at) + (change.replace ?? '') + source.slice(at + change.find.length);
}

/**
 * The guard's position in the file's text.
 * @throws if the guard does not occur exactly once in its place
 */
export function placeOf(source: string, { file, within, find }: SourceChange): number {
  const from = within === undefined ? 0 : onlyPlace(source, within, file);
  const until = within === undefined ? source.length : endOf(source, from);
  return from + onlyPlace(source.slice(from, until), find, within ? `${file}, ${within}` : file);
}

/** The end of the member or statement that begins here: the next closing brace with the same indentation. */
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
