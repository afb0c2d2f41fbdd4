/** Text that PostgreSQL's json can store: without NUL, lone surrogates replaced. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** What a tool returned, as text for the model. Throws where it is no JSON (a cycle, a bigint). */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? 'Done; there is no output.' : value;
  return JSON.stringify(value) ?? 'Done; there is no output.';
}

/** At most `limit` UTF-16 units. A longer text ends in a note of what is missing; no surrogate pair is cut in two. */
export function cutOutput(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const note = `\n[cut: the output has ${text.length} characters; the rest is left out]`;
  return cut(text, Math.max(0, limit - note.length)) + note;
}

/** The first `length` UTF-16 units, one less where that would cut a surrogate pair in two. */
export function cut(text: string, length: number): string {
  const head = text.slice(0, length);
  return head.isWellFormed() || !text.isWellFormed() ? head : head.slice(0, -1);
}
