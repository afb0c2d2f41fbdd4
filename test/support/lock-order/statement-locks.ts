import type { LockSchema } from './lock-schema.js';

/** PostgreSQL's locks of a row, the weakest first. */
export const modes = ['key share', 'share', 'no key update', 'update'] as const;
export type Mode = (typeof modes)[number];

/** A lock on rows of a table. */
export interface Lock {
  readonly table: string;
  readonly mode: Mode;
  /** False: it skips locked rows. */
  readonly waits: boolean;
  /** Replaces an INSERT: then there is no new reference. */
  readonly insteadOfInsert?: true;
}

/** Whether one waits for the other, by "Row-Level Locks" of PostgreSQL's manual. */
export function conflict(one: Mode, other: Mode): boolean {
  const sum = modes.indexOf(one) + modes.indexOf(other);
  return sum >= 3;
}

/**
 * The locks of a statement, in order: those of its own rows by its text, then those of referenced rows, which
 * PostgreSQL locks when the statement ends. No other session can lock a row that it inserts yet.
 */
export function locksOf(sql: string, schema: LockSchema): Lock[] {
  const text = plain(sql);
  const own: (Lock & { readonly at: number })[] = [];
  const referred: Lock[] = [];
  for (const [, lead = '', table = '', rest = '', at] of found(
    text,
    /\b(insert into|update|delete from) (?:only )?(\w+)((?:.|\n)*)/g,
  )) {
    if (!schema.tables.has(table) || /\bfor (?:no key )?$/.test(text.slice(0, at))) continue;
    if (/\bdo $/.test(text.slice(0, at))) continue;
    const clause = clauseOf(rest);
    if (lead === 'insert into') {
      if (/\bon conflict\b.*\bdo update\b/.test(clause))
        own.push({
          table,
          mode: modeOfUpdate(table, columnsSet(clause.replace(/^.*\bdo update\b/, '')), schema),
          waits: true,
          insteadOfInsert: true,
          at,
        });
      referred.push(...parents(table, columnsInserted(clause), schema));
    } else if (lead === 'update') {
      const columns = columnsSet(clause);
      own.push({ table, mode: modeOfUpdate(table, columns, schema), waits: true, at });
      referred.push(...parents(table, columns, schema));
    } else {
      own.push({ table, mode: 'update', waits: true, at });
      referred.push(...children(table, schema));
    }
  }
  own.push(...rowLocks(text, schema));
  return [...own.toSorted((one, other) => one.at - other.at), ...referred];
}

/** Lower case, one space between words, without comments, strings, quotes and the schema's name. */
export function plain(sql: string): string {
  return sql
    .replaceAll(/--.*$/gm, ' ')
    .replaceAll(/\/\*.*?\*\//gs, ' ')
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/"public"\./g, '')
    .replaceAll('"', '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\$\d+(?:, ?\$\d+)+/g, '$n')
    .trim()
    .toLowerCase();
}

/** Like `matchAll`, but also finds nested matches. */
function* found(text: string, pattern: RegExp): Generator<[string, string, string, string, number]> {
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    pattern.lastIndex = match.index + 1;
    yield [match[0], match[1] ?? '', match[2] ?? '', match[3] ?? '', match.index];
  }
}

/** Up to the closing parenthesis of the statement. */
function clauseOf(rest: string): string {
  let depth = 0;
  for (let index = 0; index < rest.length; index += 1) {
    if (rest[index] === '(') depth += 1;
    if (rest[index] === ')') depth -= 1;
    if (depth < 0) return rest.slice(0, index);
  }
  return rest;
}

function columnsInserted(clause: string): Set<string> {
  const list = /^(?: as \w+)? ?\(([^)]*)\)/.exec(clause)?.[1] ?? '';
  return new Set(list.split(',').map((column) => column.trim()));
}

/** The columns of a SET, without those set to NULL: they refer to nothing. */
function columnsSet(clause: string): Set<string> {
  const list = /\bset (.*?)(?: from | where | returning |$)/.exec(`${flat(clause)} `)?.[1] ?? '';
  return new Set(
    list
      .split(',')
      .filter((one) => !/= ?null\b/.test(one))
      .flatMap((one) => /^\s*(?:\w+\.)?(\w+) ?=/.exec(one)?.[1] ?? []),
  );
}

/** Without parts in parentheses. */
function flat(text: string): string {
  let depth = 0;
  let kept = '';
  for (const char of text) {
    if (char === '(') depth += 1;
    if (depth === 0) kept += char;
    if (char === ')') depth -= 1;
  }
  return kept;
}

function modeOfUpdate(table: string, columns: ReadonlySet<string>, { keys }: LockSchema): Mode {
  const isKey = [...columns].some((column) => keys.get(table)?.has(column));
  return isKey ? 'update' : 'no key update';
}

function parents(table: string, columns: ReadonlySet<string>, { foreignKeys }: LockSchema): Lock[] {
  return foreignKeys
    .filter(({ child, columns: its }) => child === table && its.some((one) => columns.has(one)))
    .map(({ parent }) => ({ table: parent, mode: 'key share', waits: true }));
}

/** The rows that a DELETE cascades to. */
function children(table: string, schema: LockSchema, seen = new Set([table])): Lock[] {
  return schema.foreignKeys.flatMap(({ child, parent, onDelete }): Lock[] => {
    if (parent !== table || seen.has(child) || onDelete === 'restrict') return [];
    if (onDelete === 'set null') return [{ table: child, mode: 'no key update', waits: true }];
    seen.add(child);
    return [{ table: child, mode: 'update', waits: true }, ...children(child, schema, seen)];
  });
}

/** SELECT ... FOR UPDATE and the like. */
function rowLocks(text: string, { tables }: LockSchema): (Lock & { at: number })[] {
  const pattern =
    /\bfor (update|no key update|share|key share)\b(?: of (\w+(?:, \w+)*))?( skip locked| nowait)?(?= |\)|$)/g;
  return [...text.matchAll(pattern)].flatMap(({ 1: mode = '', 2: of, 3: skip, index: at }) => {
    const select = flat(text.slice(selectAround(text, at), at));
    const names = new Map(
      [...select.matchAll(/(?:\bfrom|\bjoin|,) (?:only )?(\w+)(?: as)?(?: (\w+))?/g)]
        .filter(([, table = '']) => tables.has(table))
        .map(([, table = '', alias = '']) => [keywords.has(alias) || alias === '' ? table : alias, table]),
    );
    const wanted = of ? of.split(',').map((name) => name.trim().split(' ')[0] ?? '') : [...names.keys()];
    return wanted
      .map((name) => names.get(name) ?? name)
      .filter((table) => tables.has(table))
      .map((table) => ({ table, mode: modeNamed(mode), waits: skip === undefined, at }));
  });
}

const keywords = new Set([
  'where',
  'join',
  'left',
  'on',
  'order',
  'limit',
  'for',
  'cross',
  'inner',
  'using',
  'group',
]);

function modeNamed(name: string): Mode {
  const mode = modes.find((one) => one === name);
  if (!mode) throw new Error(`no mode of a lock: ${name}`);
  return mode;
}

/** The start of the SELECT around this position: behind its parenthesis. */
function selectAround(text: string, at: number): number {
  let depth = 0;
  for (let index = at - 1; index >= 0; index -= 1) {
    if (text[index] === ')') depth += 1;
    if (text[index] === '(') depth -= 1;
    if (depth < 0) return index + 1;
  }
  return 0;
}
