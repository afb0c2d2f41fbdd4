import type { Redactor } from '../errors/redactor.js';

/** Limits of one printed value; the rest is cut, and the cut is marked. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_VALUES = 1_000;
const MAX_TEXT = 8_192;
const MAX_TEXT_IN_ALL = 16_384;

/** A value that `JSON.stringify` prints as it is. */
export type Printable =
  string | number | boolean | null | readonly Printable[] | { readonly [name: string]: Printable };

/**
 * Turns any value into a printable one: secrets redacted, 64-bit numbers and dates as strings, errors as type, message,
 * code, stack and cause (never the request or response they carry), cycles and sizes bounded. Total.
 */
export function printable(value: unknown, redactor: Redactor): Printable {
  let budget = MAX_VALUES;
  let textBudget = MAX_TEXT_IN_ALL;

  const take = (long: string): string => {
    const short = printableText(long, redactor, textBudget);
    textBudget -= short.length;
    return short;
  };

  const visit = (current: unknown, depth: number): Printable => {
    budget -= 1;
    if (typeof current === 'string') return take(current);
    if (typeof current === 'number' || typeof current === 'boolean' || current === null) return current;
    if (typeof current === 'bigint' || typeof current === 'symbol') return current.toString();
    if (typeof current !== 'object') return `[${typeof current}]`;
    if (current instanceof Date)
      return Number.isNaN(current.getTime()) ? 'Invalid Date' : current.toISOString();
    if (depth >= MAX_DEPTH || budget <= 0) return '[cut]';
    if (ArrayBuffer.isView(current)) return `[${current.byteLength} bytes]`;
    if (current instanceof Error) return visitEntries(errorEntries(current), depth);
    if (Array.isArray(current)) {
      const items = current.slice(0, MAX_ENTRIES).map((item: unknown) => visit(item, depth + 1));
      return current.length > MAX_ENTRIES ? [...items, `[${current.length - MAX_ENTRIES} more]`] : items;
    }
    if (current instanceof Map || current instanceof Set) return visit([...current.values()], depth);
    return visitEntries(Object.entries(current), depth);
  };

  const visitEntries = (entries: readonly (readonly [string, unknown])[], depth: number): Printable => {
    const fields = new Map<string, Printable>();
    for (const [name, field] of entries.slice(0, MAX_ENTRIES)) {
      if (field === undefined || typeof field === 'function') continue;
      fields.set(take(name), redactor.field(name, field) ?? visit(field, depth + 1));
    }
    return Object.fromEntries(fields);
  };

  try {
    return visit(value, 0);
  } catch {
    // A getter or a proxy threw: a log line must not throw in turn.
    return '[unprintable]';
  }
}

/** A text without secrets and of bounded length. */
export function printableText(value: string, redactor: Redactor, limit: number = MAX_TEXT): string {
  // Redact before cutting: a secret at the cut would otherwise show its first half.
  const clean = redactor.text(value);
  const kept = Math.max(0, Math.min(limit, MAX_TEXT));
  return clean.length > kept ? `${clean.slice(0, kept)}[${clean.length - kept} more]` : clean;
}

function errorEntries(error: Error): [string, unknown][] {
  const causes = error instanceof AggregateError ? error.errors : undefined;
  return [
    ['type', error.name],
    ['message', error.message],
    ['code', 'code' in error ? error.code : undefined],
    ['stack', error.stack],
    ['errors', causes],
    ['cause', error.cause],
  ];
}
