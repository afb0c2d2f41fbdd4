/** UTF-16 units of the texts of a window, together. */
export const MAX_TOLD = 120_000;

/**
 * The length to which texts are cut so that together they have at most `total` characters, and short ones are whole.
 * Pure.
 * @param lengths in any order
 */
export function shareOf(lengths: readonly number[], total: number): number {
  const ascending = lengths.toSorted((one, other) => one - other);
  let left = total;
  for (const [index, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (length > share) return share;
    left -= length;
  }
  return total;
}

/**
 * Tells of webhooks in their order, each with its number. Those with the same text are told together, at the place of
 * the first. The lines of a text are indented, so that none of them passes for the beginning of another one. Pure.
 * @param texts at least one, each cut to its share
 */
export function tellAll(texts: readonly string[]): string {
  const numbers = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const known = numbers.get(text);
    if (known) known.push(index + 1);
    else numbers.set(text, [index + 1]);
  }
  const told = [...numbers].map(([text, of]) => `[${rangesOf(of)}] ${text.replaceAll('\n', '\n    ')}`);
  return `${texts.length} webhooks, in the order in which they came in:\n\n${told.join('\n')}`;
}

/** Ascending numbers as `1, 4-6`. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
