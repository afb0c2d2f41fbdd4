import type { Token } from 'markdown-it';
import { codeLanguageOf, nextNumber, type OpenList, taskOf } from './block-reading.js';
import { FormattedWriter, type LinePrefix } from './formatted-writer.js';
import type { FormattedText } from './formatted-text.js';
import { renderInline } from './render-inline.js';
import { renderTable } from './render-table.js';

const RULE = '⎯'.repeat(12);

/** Renders parsed Markdown as a formatted text. `source` holds the lines the tokens were read from. */
export function renderBlocks(tokens: readonly Token[], source: readonly string[]): FormattedText {
  return new BlockRenderer(tokens, source).render();
}

class BlockRenderer {
  private readonly writer = new FormattedWriter();
  /** The numbers of the lists around the current place; null for bullets. */
  private readonly lists: (OpenList | null)[] = [];
  /** Opening tokens of the list items around the current place. */
  private readonly items: Token[] = [];
  private quoteDepth = 0;
  /** The line after the block written last. */
  private lastLine = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly source: readonly string[],
  ) {}

  render(): FormattedText {
    for (let index = 0; index < this.tokens.length; index++) {
      const token = this.tokens[index];
      if (!token) break;
      if (token.type === 'table_open') index = this.table(index);
      else if (token.type === 'list_item_open') this.openItem(token, boxOf(this.tokens[index + 2]));
      else this.block(token);
    }
    return this.writer.finish();
  }

  private block(token: Token): void {
    switch (token.type) {
      case 'inline':
        this.startBlock(token);
        return renderInline(token.children ?? [], this.writer, 'entity');
      case 'heading_open':
        this.startBlock(token);
        return this.writer.open({ type: 'bold' });
      case 'heading_close':
        return this.writer.close();
      case 'fence':
      case 'code_block':
        return this.code(token);
      case 'formula':
        this.startBlock(token);
        return this.writer.write(token.content);
      case 'hr':
        this.startBlock(token);
        return this.writer.write(RULE);
      case 'blockquote_open':
        return this.openQuote();
      case 'blockquote_close':
        return this.closeQuote();
      case 'bullet_list_open':
      case 'ordered_list_open':
        this.lists.push(token.type === 'ordered_list_open' ? { written: '', shown: 0 } : null);
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        this.lists.pop();
        break;
      case 'list_item_close':
        this.closeItem();
        break;
      default:
      // Paragraphs need nothing: their text comes as `inline`.
    }
  }

  /**
   * Blocks separated by a blank line in the Markdown are separated by one in the message; others follow on the next
   * line.
   */
  private startBlock({ map }: Token): void {
    if (!map) return this.writer.breakLine();
    this.writer.breakLine(map[0] > this.lastLine ? 2 : 1);
    this.lastLine = map[1];
  }

  private code(token: Token): void {
    this.startBlock(token);
    const { language, title } = codeLanguageOf(token);
    this.writer.write(title);
    this.writer.writePre(token.content, language);
  }

  /** @returns the index of the table's last token */
  private table(index: number): number {
    let end = index;
    while (end < this.tokens.length - 1 && this.tokens[end]?.type !== 'table_close') end++;
    const open = this.tokens[index];
    if (open) this.startBlock(open);
    this.writer.writePre(renderTable(this.tokens.slice(index, end + 1), this.source).text, '');
    return end;
  }

  /** Telegram forbids quotes in quotes: an inner one is marked by a `>` on its lines. */
  private openQuote(): void {
    if (this.quoteDepth === 0) this.writer.open({ type: 'blockquote' });
    else this.writer.openPrefix({ first: '', rest: '> ' });
    this.quoteDepth++;
  }

  private closeQuote(): void {
    this.quoteDepth--;
    if (this.quoteDepth === 0) this.writer.close();
    else this.writer.closePrefix();
  }

  private openItem(token: Token, task: string | null): void {
    this.items.push(token);
    this.writer.openPrefix(this.itemPrefix(token, task));
  }

  private closeItem(): void {
    const item = this.items.pop();
    if (item && !this.writer.isMarkerWritten) {
      this.startBlock(item);
      this.writer.writeMarkers();
    }
    this.writer.closePrefix();
  }

  private itemPrefix(token: Token, task: string | null): LinePrefix {
    const list = this.lists.at(-1);
    if (!list) return { first: `${task ?? '•'} `, rest: '  ' };
    const number = nextNumber(list, token.info) + token.markup;
    return { first: `${number} ${task === null ? '' : `${task} `}`, rest: '   ' };
  }
}

/** ☐ or ☑ in front of a task. */
function boxOf(inline: Token | undefined): string | null {
  const isDone = taskOf(inline);
  if (isDone === null) return null;
  return isDone ? '☑' : '☐';
}
