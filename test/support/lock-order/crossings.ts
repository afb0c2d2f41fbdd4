import type { LockSchema } from './lock-schema.js';
import { conflict, type Lock, locksOf, modes } from './statement-locks.js';

/** A statement of a transaction. */
export interface RecordedStatement {
  readonly text: string;
  /** The lane whose lease it locks; null: all lanes, or none. */
  readonly lane: string | null;
  /** It was repeated in the transaction, with other values: perhaps for another row. */
  readonly again?: true;
}

export interface RecordedTransaction {
  readonly statements: readonly RecordedStatement[];
  /** The test file in which it occurred first. */
  readonly seenIn: string;
}

interface Step extends Lock {
  readonly lane: string | null;
  readonly statement: string;
}

/** One transaction locks rows of `first`, and later, while it holds them, rows of `second`. */
interface Pair {
  readonly first: Step;
  readonly second: Step;
  /** Its locks before both. */
  readonly before: readonly Step[];
  readonly transaction: RecordedTransaction;
}

/** Two transactions that can deadlock. */
export interface Crossing {
  readonly one: Pair;
  readonly other: Pair;
}

/** An order that may cross others, with the reason why no two transactions deadlock there. */
export interface AllowedCrossing {
  /** One of the two transactions has these statements, each a line. */
  readonly transaction: RegExp;
  /** Limits this to crossings with such transactions. */
  readonly other?: RegExp;
  readonly reason: string;
}

/** Finds transactions that lock two tables in opposite orders and in conflicting modes. */
export function findCrossings(
  transactions: readonly RecordedTransaction[],
  schema: LockSchema,
  allowed: readonly AllowedCrossing[] = [],
): Crossing[] {
  const byTables = new Map<string, Map<string, Pair>>();
  for (const transaction of transactions) {
    for (const pair of pairsOf(transaction, schema)) {
      const tables = `${pair.first.table} ${pair.second.table}`;
      const pairs = byTables.get(tables) ?? new Map<string, Pair>();
      byTables.set(tables, pairs);
      pairs.set(keyOf(pair), pairs.get(keyOf(pair)) ?? pair);
    }
  }
  const crossings: Crossing[] = [];
  for (const [tables, pairs] of byTables) {
    const [first = '', second = ''] = tables.split(' ');
    if (first > second) continue;
    for (const one of pairs.values()) {
      for (const other of byTables.get(`${second} ${first}`)?.values() ?? []) {
        const crossing = { one, other };
        if (crosses(crossing, schema) && !allowed.some((entry) => allows(entry, crossing)))
          crossings.push(crossing);
      }
    }
  }
  return crossings;
}

/** A statement that locks shared rows again and again, in an unknown order. */
export interface RepeatedLock {
  readonly table: string;
  readonly statement: string;
  readonly seenIn: string;
}

/** A statement that may be repeated in a transaction, with the reason why no two deadlock there. */
export interface AllowedRepeat {
  readonly statement: RegExp;
  readonly reason: string;
}

/** Finds statements that lock row after row of a table that conversations share. */
export function findRepeats(
  transactions: readonly RecordedTransaction[],
  schema: LockSchema,
  allowed: readonly AllowedRepeat[] = [],
): RepeatedLock[] {
  const found = new Map<string, RepeatedLock>();
  for (const { statements, seenIn } of transactions) {
    for (const { text, again } of statements) {
      if (!again || allowed.some(({ statement }) => statement.test(text))) continue;
      const lock = locksOf(text, schema).find(
        ({ table, waits, mode }) => waits && mode !== 'key share' && schema.shared.has(table),
      );
      if (lock) found.set(text, { table: lock.table, statement: text, seenIn });
    }
  }
  return [...found.values()];
}

export function describeRepeat({ table, statement, seenIn }: RepeatedLock): string {
  return `row after row of ${table} is locked:\n  seen in ${seenIn}\n    ${statement.slice(0, 300)}`;
}

/** In a searchable form. */
export function describeCrossing({ one, other }: Crossing): string {
  return `${one.first.table} and ${one.second.table} are locked in both orders:\n${describePair(one)}\n${describePair(other)}`;
}

function describePair({ first, second, before, transaction }: Pair): string {
  const held = before.map(({ table, mode, lane }) => `${table} ${mode}${lane === null ? '' : ` (${lane})`}`);
  return (
    `  seen in ${transaction.seenIn}${held.length === 0 ? '' : `, behind ${held.join(', ')}`}\n` +
    `    ${first.table} for ${first.mode}: ${first.statement.slice(0, 300)}\n` +
    `    ${second.table} for ${second.mode}: ${second.statement.slice(0, 300)}`
  );
}

function pairsOf(transaction: RecordedTransaction, schema: LockSchema): Pair[] {
  const steps: Step[] = [];
  for (const { text, lane } of transaction.statements) {
    for (const lock of locksOf(text, schema)) {
      const step = { ...lock, lane, statement: text };
      if (!steps.some((held) => covers(held, step))) steps.push(step);
    }
  }
  return steps.flatMap((second, index) =>
    steps
      .slice(0, index)
      .map((first, place) => ({ first, second, before: steps.slice(0, place), transaction }))
      .filter(({ first }) => first.table !== second.table && !isAlternative(first, second)),
  );
}

/** An existing row is updated, or one is inserted and refers to others: not both. */
function isAlternative(first: Step, second: Step): boolean {
  return (
    first.insteadOfInsert === true && second.mode === 'key share' && first.statement === second.statement
  );
}

/** Already locked, as strongly: rows are not distinguished here. */
function covers(held: Step, step: Step): boolean {
  return (
    held.table === step.table &&
    modes.indexOf(held.mode) >= modes.indexOf(step.mode) &&
    (held.lane === step.lane || held.lane === null)
  );
}

/** The common part of two equal pairs. */
function keyOf({ first, second, before }: Pair): string {
  const one = ({ table, mode, waits, lane, statement }: Step) =>
    [table, mode, waits, lane, statement].join('|');
  const gates = before.filter(isGate).map(({ table, mode, lane }) => [table, mode, lane].join('|'));
  return [one(first), one(second), ...gates].join('\n');
}

function crosses({ one, other }: Crossing, schema: LockSchema): boolean {
  const waitForEachOther =
    one.second.waits &&
    other.second.waits &&
    conflict(one.first.mode, other.second.mode) &&
    conflict(other.first.mode, one.second.mode);
  return waitForEachOther && !takeTurns(one, other, schema);
}

/**
 * Both had locked the lease of one lane, or the conversation, before: of two transactions about the rows of one
 * conversation the second has not reached these yet. Shared rows are locked behind the leases of two.
 */
function takeTurns(one: Pair, other: Pair, { shared }: LockSchema): boolean {
  if (shared.has(one.first.table) && shared.has(one.second.table)) return false;
  return one.before
    .filter(isGate)
    .some((gate) =>
      other.before
        .filter(isGate)
        .some(
          (its) =>
            its.table === gate.table &&
            conflict(its.mode, gate.mode) &&
            (its.lane === null || gate.lane === null || its.lane === gate.lane),
        ),
    );
}

function isGate({ table, waits }: Step): boolean {
  return waits && (table === 'leases' || table === 'conversations');
}

function allows({ transaction, other = /^/ }: AllowedCrossing, crossing: Crossing): boolean {
  const [one, its] = [textOf(crossing.one), textOf(crossing.other)];
  return (transaction.test(one) && other.test(its)) || (transaction.test(its) && other.test(one));
}

const textOf = ({ transaction }: Pair): string => transaction.statements.map(({ text }) => text).join('\n');
