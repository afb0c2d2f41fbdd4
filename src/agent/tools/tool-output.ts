/** Text that PostgreSQL's json can store: without NUL, lone surrogates replaced. */
export function cleanOutput(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** A tool's return value, as text for the model. Throws if it is no JSON (a cycle, a bigint). */
export function outputText(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? 'Done; there is no output.' : value;
  // As JSON each byte would be a number of its own, and a large file would block the process for a minute.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes; there is no text]`;
  return JSON.stringify(value) ?? 'Done; there is no output.';
}

/**
 * At most `limit` UTF-16 units. A longer text ends in a note on the omitted part, without splitting a surrogate pair.
 */
export function cutOutput(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const note = `\n[cut: the output has ${text.length} characters; the rest is left out]`;
  return cut(text, Math.max(0, limit - note.length)) + note;
}

/** The first `length` UTF-16 units, one less if that would split a surrogate pair. */
export function cut(text: string, length: number): string {
  const head = text.slice(0, length);
  return head.isWellFormed() || !text.isWellFormed() ? head : head.slice(0, -1);
}

/** The text, or as much of its beginning as fits into `limit` tokens. Pure. */
export function withinTokens(text: string, limit: number, count: (text: string) => number): string {
  let kept = text;
  for (let tokens = count(kept); tokens > limit; tokens = count(kept)) {
    kept = cut(kept, Math.floor((kept.length * limit * 0.95) / tokens)).trimEnd();
  }
  return kept;
}
