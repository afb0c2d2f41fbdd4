import { isSpaceAt } from './characters.js';

/** A stretch of a text, `end` not included, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The range without the white space at its ends; empty (`start === end`) where there was nothing else. */
export function trimRange(text: string, { start, end }: Range): Range {
  let first = start;
  let last = end;
  while (first < last && isSpaceAt(text, first)) first++;
  while (last > first && isSpaceAt(text, last - 1)) last--;
  return { start: first, end: last };
}
