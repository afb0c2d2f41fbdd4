import type { StateInline } from 'markdown-it';

// Formulas are short; a bound keeps a text full of openers linear to read.
const MAX_LENGTH = 1000;
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['$$', '$$'],
]);

/**
 * A markdown-it inline rule that keeps `\(…\)`, `\[…\]` and `$$…$$` as they are written: in a formula `_`, `*` and `\`
 * are no Markdown.
 */
export function mathsRule(state: StateInline, silent: boolean): boolean {
  const closer = CLOSERS.get(state.src.slice(state.pos, state.pos + 2));
  if (closer === undefined) return false;
  const limit = Math.min(state.posMax, state.pos + MAX_LENGTH);
  const at = state.src.slice(state.pos + 2, limit).indexOf(closer);
  if (at <= 0) return false;
  const end = state.pos + 2 + at + closer.length;
  if (!silent) state.pending += state.src.slice(state.pos, end);
  state.pos = end;
  return true;
}
