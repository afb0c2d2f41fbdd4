import type { StateBlock, StateInline } from 'markdown-it';

// Formulas are short; a bound keeps a text full of openers linear to read.
const MAX_LENGTH = 1000;
const MAX_LINES = 50;
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['$$', '$$'],
]);
// As in Pandoc and on GitHub: no space inside the signs, and no letter or digit around them, so that "$5 and $6" and
// "$HOME/$USER" are no formulas.
const IN_DOLLARS = /\$(?![\s$])[^$`]{1,1000}?(?<![\s\\])\$(?![\p{L}\p{N}$])/uy;
const WORD = /[\p{L}\p{N}]/u;

/**
 * A markdown-it inline rule that keeps `\(…\)`, `\[…\]`, `$$…$$` and `$…$` as written: in a formula `_`, `*` and `\`
 * are no Markdown.
 */
export function mathsRule(state: StateInline, silent: boolean): boolean {
  const end = formulaEnd(state);
  if (end === null) return false;
  if (!silent) state.push('formula', '', 0).content = state.src.slice(state.pos, end);
  state.pos = end;
  return true;
}

/**
 * A markdown-it block rule for a formula on lines of its own, from `$$` or `\[` to `$$` or `\]`, kept as written: its
 * lines that begin with `-`, `+` or `=` are no list and no heading.
 */
export function displayedMathsRule(
  state: StateBlock,
  startLine: number,
  endLine: number,
  silent: boolean,
): boolean {
  const closer = CLOSERS.get(lineOf(state, startLine).slice(0, 2));
  if (closer === undefined || closer === '\\)') return false;
  const last = Math.min(endLine, startLine + MAX_LINES);
  for (let line = startLine; line < last && !state.isEmpty(line); line++) {
    if (line > startLine && (state.sCount[line] ?? 0) < state.blkIndent) return false;
    const text = lineOf(state, line);
    const at = text.indexOf(closer, line === startLine ? 2 : 0);
    if (at < 0) continue;
    // A one-line formula is read as words are; text behind it belongs to the same paragraph.
    if (line === startLine || text.slice(at + closer.length).trim() !== '') return false;
    if (!silent) pushFormula(state, startLine, line + 1);
    return true;
  }
  return false;
}

function pushFormula(state: StateBlock, startLine: number, endLine: number): void {
  const lines = Array.from({ length: endLine - startLine }, (_, index) => lineOf(state, startLine + index));
  state.line = endLine;
  const token = state.push('formula', '', 0);
  token.content = lines.join('\n');
  token.map = [startLine, endLine];
  token.block = true;
}

function lineOf(state: StateBlock, line: number): string {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  return state.src.slice(start, state.eMarks[line]);
}

function formulaEnd({ src, pos, posMax }: StateInline): number | null {
  const closer = CLOSERS.get(src.slice(pos, pos + 2));
  if (closer === undefined) return src[pos] === '$' ? dollarsEnd(src, pos, posMax) : null;
  const at = src.slice(pos + 2, Math.min(posMax, pos + MAX_LENGTH)).indexOf(closer);
  return at > 0 ? pos + 2 + at + closer.length : null;
}

function dollarsEnd(src: string, pos: number, posMax: number): number | null {
  if (WORD.test(src[pos - 1] ?? '')) return null;
  IN_DOLLARS.lastIndex = pos;
  const length = IN_DOLLARS.exec(src)?.[0].length;
  return length !== undefined && pos + length <= posMax ? pos + length : null;
}
