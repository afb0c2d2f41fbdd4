/** Writing other people's words where nothing in them can be taken for ours or the sender's. */

/** Whatever may begin a new line (Unicode Standard, 5.8). */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/** Each line marked by `>`, so that no text can end its own quotation. */
export function quotation(text: string): string {
  return text
    .replaceAll(LINE_BREAK, '\n')
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

/** A name or title on one line, without the brackets that mark what we say; at most `limit` UTF-16 units. */
export function label(text: string, limit = 128): string {
  const flat = text
    .replaceAll(/[[\]\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return flat.length <= limit ? flat : `${flat.slice(0, limit).toWellFormed()}…`;
}
