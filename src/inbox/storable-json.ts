/**
 * Rewrites JSON text so that PostgreSQL can read it. PostgreSQL's json accepts any text that JSON.parse accepts, but
 * reading strings out of it fails at an escaped NUL or half a surrogate pair. Those rare escapes are replaced.
 * @returns null if the text is nested deeper than the call stack
 */
export function storableJson(text: string | null): string | null {
  if (text === null || isStorable(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text, clean));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Every escape of the text except those that PostgreSQL cannot read; a surrogate only with its other half. */
const READABLE = /\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u(?!0000|d[89a-f])[0-9a-f]{4}|[^u])/gi;

/** Emoji come as escaped pairs, so the first test succeeds too often to start with the costly way. */
function isStorable(text: string): boolean {
  return !/\\u0000|\\ud[89a-f]/i.test(text) || !text.replace(READABLE, '').includes('\\');
}

/** The storable text of a parsed value; null if it is nested deeper than the call stack. */
export function jsonText(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function clean(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '').toWellFormed() : value;
}
