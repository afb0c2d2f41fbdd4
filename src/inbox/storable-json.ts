/**
 * PostgreSQL's json takes any text that JSON.parse takes, but reading strings out of it fails at an escaped NUL or half a
 * surrogate pair: both are written out of the way, where one of the rare texts that hold them is found.
 * @returns null where that cannot be done: nested deeper than the call stack
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

/** Every escape of the text but those that PostgreSQL cannot read; a surrogate only with its other half. */
const READABLE = /\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u(?!0000|d[89a-f])[0-9a-f]{4}|[^u])/gi;

/** Emoji come as escaped pairs, so that the first question is answered yes too often to begin with the costly way. */
function isStorable(text: string): boolean {
  return !/\\u0000|\\ud[89a-f]/i.test(text) || !text.replace(READABLE, '').includes('\\');
}

/** The same text of a parsed value; null where it is nested deeper than the call stack. */
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
