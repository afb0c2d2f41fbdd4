// Renders a table as aligned text for a monospaced block: Telegram has no tables.
import type { Token } from 'markdown-it';
import stringWidth from 'string-width';
import { cleanText } from './characters.js';
import { FormattedWriter } from './formatted-writer.js';
import { renderInline } from './render-inline.js';

export type Align = 'left' | 'right' | 'center';

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly align: Align;
}

export interface AlignedTable {
  readonly text: string;
  /** Whether a row has more cells than the head. */
  readonly hasLongRow: boolean;
}

// Wider columns are not padded, or one long cell would push the others out of sight.
const MAX_COLUMN_WIDTH = 48;
// UTF-16 units: a longer text counts as wider than that.
const MAX_MEASURED = 1000;
// Padding must not turn a short text into a very long one.
const MAX_GROWTH = 4;
const GROWTH_ALLOWED = 2000;

/**
 * The tokens of one table, `table_open` to `table_close`, as lines of text: the head, a rule, the rows.
 * @param source all lines of the Markdown: a row's cells beyond the head's are shown as written, though Markdown drops
 * them, so that no text is lost
 */
export function renderTable(tokens: readonly Token[], source: readonly string[]): AlignedTable {
  const rows = readRows(tokens, source);
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => columnWidth(rows, column));
  const aligned = [head, null, ...body].map((row) => (row ? alignRow(row, widths) : ruleLine(widths)));
  const bare = rows.map((row) => row.map(({ text }) => text).join(' │ '));
  const grown = lengthOf(aligned) > MAX_GROWTH * lengthOf(bare) + GROWTH_ALLOWED;
  return {
    text: (grown ? bare : aligned).join('\n'),
    hasLongRow: rows.some((row) => row.length > head.length),
  };
}

function readRows(tokens: readonly Token[], source: readonly string[]): Cell[][] {
  const rows: Cell[][] = [];
  let align: Align = 'left';
  let line = '';
  for (const token of tokens) {
    if (token.type === 'tr_open') {
      rows.push([]);
      line = source[token.map?.[0] ?? -1] ?? '';
    }
    if (token.type === 'th_open' || token.type === 'td_open') align = alignOf(token);
    if (token.type === 'inline') rows.at(-1)?.push(readCell(token, align));
    // The head never has too many cells, or there would be no table.
    if (token.type === 'tr_close' && rows.length > 1)
      rows.at(-1)?.push(...cellsPast(rows[0]?.length ?? 0, line));
  }
  return rows;
}

/** The cells of a line of Markdown beyond a number: the ranges between bars that are not escaped. */
function cellsPast(columns: number, line: string): Cell[] {
  const cells = line
    .replace(/^[\s>]*\|?/, '')
    .replace(/(?<!\\)\|\s*$/, '')
    .split(/(?<!\\)\|/);
  return cells.slice(columns).map((written) => {
    const text = cleanText(written.replaceAll('\\|', '|')).replace(/\s+/g, ' ').trim();
    return { text, width: widthOf(text), align: 'left' };
  });
}

function readCell({ children }: Token, align: Align): Cell {
  const writer = new FormattedWriter();
  renderInline(children ?? [], writer, 'address');
  const text = writer.finish().text.replace(/\s+/g, ' ');
  return { text, width: widthOf(text), align };
}

/**
 * The columns that the text takes in a monospaced font, as far as padding needs it: counting a long word's graphemes
 * takes time that grows with the square of its length.
 */
function widthOf(text: string): number {
  return text.length > MAX_MEASURED ? Infinity : stringWidth(text);
}

/** The alignment of a column, by one of its cells. */
export function alignOf(token: Token): Align {
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
