// Builds a formatted text from left to right: text, line breaks with each line's prefix, and the ranges that become
// entities.
import type { MessageEntity } from '@grammyjs/types';
import { cleanText, expandTabs } from './characters.js';
import { tidyEntities } from './entities.js';
import type { FormattedText } from './formatted-text.js';

/** An entity without its position. */
export type Mark =
  | { readonly type: 'bold' | 'italic' | 'strikethrough' | 'blockquote' }
  | { readonly type: 'text_link'; readonly url: string };

/** The prefix of a list item's or an inner quote's lines: a marker once, then `rest` on every further line. */
export interface LinePrefix {
  readonly first: string;
  readonly rest: string;
}

interface OpenMark {
  readonly mark: Mark;
  /** null until something is written inside, so that a mark never begins with a line break. */
  start: number | null;
}

interface OpenPrefix extends LinePrefix {
  used: boolean;
}

// Deeper levels are not indented further: a phone has no room, and a hostile text could grow without bound.
const MAX_INDENTED_LEVELS = 5;
// Telegram would turn a tab into one space, and code would lose its indentation.
const TAB = '    ';

export class FormattedWriter {
  private readonly chunks: string[] = [];
  private readonly entities: MessageEntity[] = [];
  /** The open entities, one of a kind at most, so that deep nesting costs nothing. */
  private readonly marks = new Map<Mark['type'], OpenMark>();
  /**
   * The entities that the coming `close()` calls close; null for a mark inside one of its own kind, which is no entity.
   */
  private readonly closers: (OpenMark | null)[] = [];
  private readonly prefixes: OpenPrefix[] = [];
  private pendingBreaks = 0;
  private atLineStart = true;
  private length = 0;

  /** UTF-16 units written so far. */
  get position(): number {
    return this.length;
  }

  /** Whether the marker of the innermost list item has been written. True outside of lists. */
  get isMarkerWritten(): boolean {
    return this.prefixes.at(-1)?.used ?? true;
  }

  /** The text written since a position. */
  since(position: number): string {
    let start = this.length;
    let index = this.chunks.length;
    while (start > position && index > 0) start -= this.chunks[--index]?.length ?? 0;
    return this.chunks
      .slice(index)
      .join('')
      .slice(position - start);
  }

  write(text: string): void {
    for (const [index, line] of expandTabs(cleanText(text), ' ').split('\n').entries()) {
      if (index > 0) this.breakLine();
      if (line !== '') this.writeInLine(line);
    }
  }

  /** Inline code; plain text inside a link, where Telegram allows no code. */
  writeCode(code: string): void {
    if (this.marks.has('text_link')) return this.write(code);
    this.beginWriting();
    const start = this.length;
    this.append(cleanText(code).replace(/[\n\t]/g, ' '));
    this.entities.push({ type: 'code', offset: start, length: this.length - start });
  }

  /** A block of code or a table: lines of its own, without the prefixes around it. */
  writePre(content: string, language: string): void {
    const code = expandTabs(cleanText(content), TAB)
      .replace(/^(?:[ \t]*\n)+/, '')
      .trimEnd();
    if (code === '') return;
    if (this.prefixes.some(({ used }) => !used)) this.writeMarkers();
    this.breakLine();
    this.beginLine();
    const start = this.length;
    this.append(code);
    const place = { offset: start, length: this.length - start };
    this.entities.push(language === '' ? { type: 'pre', ...place } : { type: 'pre', ...place, language });
    this.breakLine();
  }

  /** Writes the markers of list items that are still empty. */
  writeMarkers(): void {
    if (this.prefixes.every(({ used }) => used)) return;
    this.breakLine();
    this.beginWriting();
  }

  /** The next text begins `count` lines further down; the largest of several requests wins. No effect at the start. */
  breakLine(count = 1): void {
    if (this.length > 0) this.pendingBreaks = Math.max(this.pendingBreaks, count);
  }

  open(mark: Mark): void {
    const open = this.marks.has(mark.type) ? null : { mark, start: null };
    if (open) this.marks.set(mark.type, open);
    this.closers.push(open);
  }

  close(): void {
    const closed = this.closers.pop();
    if (!closed) return;
    this.marks.delete(closed.mark.type);
    if (closed.start === null) return;
    this.entities.push({ ...closed.mark, offset: closed.start, length: this.length - closed.start });
  }

  openPrefix(prefix: LinePrefix): void {
    this.prefixes.push({ ...prefix, used: prefix.first === '' });
  }

  closePrefix(): void {
    this.prefixes.pop();
  }

  /**
   * The text trimmed at both ends, as Telegram would (except where code begins with white space), with its entities in
   * order and by Telegram's rules.
   */
  finish(): FormattedText {
    const whole = this.chunks.join('');
    const spaces = whole.length - whole.trimStart().length;
    const code = this.entities.find(({ type }) => type === 'pre');
    const shift = Math.min(spaces, code?.offset ?? spaces);
    const text = whole.slice(shift).trimEnd();
    const moved = this.entities.map((entity) => ({ ...entity, offset: entity.offset - shift }));
    return { text, entities: tidyEntities(text, moved) };
  }

  private writeInLine(text: string): void {
    this.beginWriting();
    this.append(text);
  }

  private beginWriting(): void {
    this.beginLine();
    if (this.atLineStart) this.append(this.linePrefix());
    this.atLineStart = false;
    for (const open of this.marks.values()) open.start ??= this.length;
  }

  /** Writes the pending line breaks. Quotes begin here, before the prefix: they are drawn from the line's start. */
  private beginLine(): void {
    if (this.pendingBreaks > 0) {
      this.append('\n'.repeat(this.pendingBreaks));
      this.pendingBreaks = 0;
      this.atLineStart = true;
    }
    if (!this.atLineStart) return;
    const quote = this.marks.get('blockquote');
    if (quote) quote.start ??= this.length;
  }

  private linePrefix(): string {
    const hidden = this.prefixes.length - MAX_INDENTED_LEVELS;
    const parts = this.prefixes.map((prefix, level) => {
      if (prefix.used) return level < hidden ? '' : prefix.rest;
      prefix.used = true;
      return prefix.first;
    });
    return parts.join('');
  }

  private append(text: string): void {
    this.chunks.push(text);
    this.length += text.length;
  }
}
