/**
 * One line of at most about `length` UTF-16 units of the text, around the first word of the query in it, else from its
 * beginning. `…` marks omissions.
 */
export function excerpt(text: string, query: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= length) return line;
  const found = firstMention(line, query);
  const start = Math.max(0, Math.min(found - Math.floor(length / 3), line.length - length));
  // Cut between characters, never inside a surrogate pair.
  const from = insidePair(line, start) ? start + 1 : start;
  const end = Math.min(line.length, start + length);
  const to = insidePair(line, end) ? end - 1 : end;
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
}

/** The first position of a word of the query in the text; 0 if there is none. */
function firstMention(line: string, query: string): number {
  const words = query.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
  const positions = words
    .map((word) => line.search(new RegExp(word, 'iu')))
    .filter((position) => position >= 0);
  return positions.length === 0 ? 0 : Math.min(...positions);
}

function insidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
