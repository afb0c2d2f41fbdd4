import { OutsideText } from '../../channel/outside-text.js';

/**
 * Readers for unvalidated data: an update comes from the network as it is, perhaps of a future Bot API version. Each
 * reader returns null for a field that is missing or of the wrong type, and none throws.
 */

/** The own property `name` of a value of any type. */
export function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Bot API integers have at most 52 significant bits; anything else, also a number in a string, is null. */
export function integerOf(value: unknown, name: string): number | null {
  const field = fieldOf(value, name);
  return typeof field === 'number' && Number.isSafeInteger(field) ? field : null;
}

export function arrayOf(value: unknown, name: string): readonly unknown[] {
  const field = fieldOf(value, name);
  return Array.isArray(field) ? field : [];
}

/**
 * A string that PostgreSQL can store: no NUL, no lone surrogate, at most `limit` UTF-16 units. Null if only white space
 * is left.
 */
export function textField(value: unknown, name: string, limit: number): string | null {
  const field = fieldOf(value, name);
  if (typeof field !== 'string') return null;
  // Nearly every string is fine as it is, and this runs some ten times an update.
  const fine = field.length <= limit && field.isWellFormed() && !field.includes('\0');
  const text = fine ? field : field.replaceAll('\0', '').slice(0, limit).toWellFormed();
  return /\S/.test(text) ? text : null;
}

/** As `textOf`, for text that may be another person's. */
export function outsideTextOf(value: unknown, name: string, limit: number): OutsideText | null {
  const text = textField(value, name, limit);
  return text === null ? null : OutsideText.fromUntrusted(text);
}
