// A table becomes aligned text for a monospaced block: Telegram has no tables.
import type { Token } from 'markdown-it';
import { displayWidth } from './display-width.js';
import { FormattedWriter } from './formatted-writer.js';
import { renderInline } from './render-inline.js';

type Align = 'left' | 'right' | 'center';

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly align: Align;
}

// Wider columns are not padded, or one long cell would push all others out of sight.
const MAX_COLUMN_WIDTH = 48;
// Padding may not make much text out of little.
const MAX_GROWTH = 4;
const GROWTH_ALLOWED = 2000;

/**
 * The tokens of one table, `table_open` to `table_close`, as lines of text: the head, a rule, the rows.
 * @param source all lines of the Markdown: a row with more cells than the head has is not cut down to it, as Markdown
 *   demands, but makes the table stay as it was written, for nothing may be lost
 */
export function renderTable(tokens: readonly Token[], source: readonly string[]): string {
  const rows = readRows(tokens);
  const [head = [], ...body] = rows;
  if (hasLongRow(tokens, source, head.length)) return writtenLines(tokens, source);
  const widths = head.map((_, column) => columnWidth(rows, column));
  const aligned = [head, null, ...body].map((row) => (row ? alignRow(row, widths) : ruleLine(widths)));
  const bare = rows.map((row) => row.map(({ text }) => text).join(' │ '));
  const grown = lengthOf(aligned) > MAX_GROWTH * lengthOf(bare) + GROWTH_ALLOWED;
  return (grown ? bare : aligned).join('\n');
}

function readRows(tokens: readonly Token[]): Cell[][] {
  const rows: Cell[][] = [];
  let align: Align = 'left';
  for (const token of tokens) {
    if (token.type === 'tr_open') rows.push([]);
    if (token.type === 'th_open' || token.type === 'td_open') align = alignOf(token);
    if (token.type === 'inline') rows.at(-1)?.push(readCell(token, align));
  }
  return rows;
}

function readCell({ children }: Token, align: Align): Cell {
  const writer = new FormattedWriter();
  renderInline(children ?? [], writer, 'address');
  const text = writer.finish().text.replace(/\s+/g, ' ');
  return { text, width: displayWidth(text), align };
}

function alignOf(token: Token): Align {
  const style = token.attrGet('style');
  if (style === 'text-align:right') return 'right';
  return style === 'text-align:center' ? 'center' : 'left';
}

function columnWidth(rows: readonly Cell[][], column: number): number {
  const widths = rows.map((row) => row[column]?.width ?? 0).filter((width) => width <= MAX_COLUMN_WIDTH);
  return widths.reduce((widest, width) => Math.max(widest, width), 1);
}

function alignRow(row: readonly Cell[], widths: readonly number[]): string {
  return row
    .map((cell, column) => pad(cell, widths[column] ?? 0))
    .join(' │ ')
    .trimEnd();
}

function pad({ text, width, align }: Cell, columns: number): string {
  const missing = Math.max(0, columns - width);
  const before = align === 'right' ? missing : align === 'center' ? missing >> 1 : 0;
  return ' '.repeat(before) + text + ' '.repeat(missing - before);
}

function ruleLine(widths: readonly number[]): string {
  return widths.map((width) => '─'.repeat(width)).join('─┼─');
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function hasLongRow(tokens: readonly Token[], source: readonly string[], columns: number): boolean {
  return tokens.some(
    ({ type, map }) => type === 'tr_open' && map && cellCount(source[map[0]] ?? '') > columns,
  );
}

/** How many cells a line of Markdown has: the stretches between unescaped bars, without the empty ones at its ends. */
function cellCount(line: string): number {
  const row = line.replace(/^[\s>]+/, '').trimEnd();
  const bars = row.match(/(?<!\\)\|/g)?.length ?? 0;
  return bars + 1 - (row.startsWith('|') ? 1 : 0) - (/(?<!\\)\|$/.test(row) ? 1 : 0);
}

function writtenLines(tokens: readonly Token[], source: readonly string[]): string {
  const [start, end] = tokens[0]?.map ?? [0, 0];
  return source.slice(start, end).join('\n');
}
