import type { InputRichBlock, InputRichBlockListItem, RichBlockTableCell } from '@grammyjs/types';
import type { Token } from 'markdown-it';
import { cleanText, expandTabs, isBlank } from '../formatting/characters.js';
import { codeLanguageOf, nextNumber, type OpenList, taskOf } from '../formatting/block-reading.js';
import { alignOf, renderTable } from '../formatting/render-table.js';
import { latexOf, plainText, richText } from './rich-text.js';

type Block = InputRichBlock<never>;
type Item = InputRichBlockListItem<never>;

const TAB = '    ';
/** https://core.telegram.org/bots/api#inputrichmessage */
const MAX_COLUMNS = 20;

/**
 * Renders parsed Markdown as the blocks of a rich message (https://core.telegram.org/bots/api#inputrichblock). Blocks,
 * not the `markdown` of a rich message: no part of an answer can be misread as a button, a mention or a picture to
 * fetch.
 * @param source the lines the tokens were read from
 * @returns null if a part is empty that the Bot API does not allow to be
 */
export function richBlocks(tokens: readonly Token[], source: readonly string[]): Block[] | null {
  const reader = new BlockReader(tokens, source);
  const blocks = reader.read(null);
  return reader.isWhole && blocks.length > 0 ? blocks : null;
}

class BlockReader {
  /** False after an empty part. */
  isWhole = true;
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly source: readonly string[],
  ) {}

  read(end: string | null): Block[] {
    const blocks: Block[] = [];
    for (let token = this.next(); token && token.type !== end; token = this.next()) {
      blocks.push(...this.block(token));
    }
    return blocks;
  }

  private next(): Token | undefined {
    return this.tokens[this.at++];
  }

  private block(token: Token): Block[] {
    switch (token.type) {
      case 'inline':
        return this.paragraph(token);
      case 'heading_open':
        return this.heading(token);
      case 'fence':
      case 'code_block':
        return this.code(token);
      case 'formula':
        return [{ type: 'mathematical_expression', expression: latexOf(cleanText(token.content)) }];
      case 'hr':
        return [{ type: 'divider' }];
      case 'blockquote_open':
        return this.filled(this.read('blockquote_close'), (blocks) => ({ type: 'blockquote', blocks }));
      case 'bullet_list_open':
        return this.list('bullet_list_close');
      case 'ordered_list_open':
        return this.list('ordered_list_close');
      case 'table_open':
        return this.table();
      default:
        return [];
    }
  }

  private paragraph({ children }: Token): Block[] {
    const [only, more] = children ?? [];
    if (only?.type === 'formula' && !more && /^(?:\$\$|\\\[)/.test(only.content)) {
      return [{ type: 'mathematical_expression', expression: latexOf(cleanText(only.content)) }];
    }
    const text = richText(children ?? []);
    return isBlank(plainText(text)) ? [] : [{ type: 'paragraph', text }];
  }

  private heading({ tag }: Token): Block[] {
    const inline = this.next();
    this.next();
    const text = richText(inline?.children ?? []);
    const size = ([1, 2, 3, 4, 5, 6] as const).find((level) => tag === `h${level}`) ?? 6;
    return isBlank(plainText(text)) ? [] : [{ type: 'heading', text, size }];
  }

  private code(token: Token): Block[] {
    const { language, title } = codeLanguageOf(token);
    const text = expandTabs(cleanText(token.content), TAB)
      .replace(/^(?:[ ]*\n)+/, '')
      .trimEnd();
    const above: Block[] = title === '' ? [] : [{ type: 'paragraph', text: cleanText(title) }];
    if (isBlank(text)) return above;
    return [...above, language === '' ? { type: 'pre', text } : { type: 'pre', text, language }];
  }

  private list(end: string): Block[] {
    const items: Item[] = [];
    const list: OpenList = { written: '', shown: 0 };
    for (let token = this.next(); token && token.type !== end; token = this.next()) {
      if (token.type !== 'list_item_open') continue;
      const task = taskOf(this.tokens[this.at + 1]);
      const number = token.info === '' ? null : Number(nextNumber(list, token.info));
      const blocks = this.read('list_item_close');
      if (blocks.length === 0) this.isWhole = false;
      items.push({
        blocks,
        ...(task !== null && { has_checkbox: true }),
        ...(task === true && { is_checked: true }),
        ...(number !== null && { value: number, type: '1' }),
      });
    }
    return [{ type: 'list', items }];
  }

  private table(): Block[] {
    const start = this.at - 1;
    const cells: RichBlockTableCell[][] = [];
    let cell: Token | undefined;
    for (let token = this.next(); token && token.type !== 'table_close'; token = this.next()) {
      if (token.type === 'tr_open') cells.push([]);
      if (token.type === 'th_open' || token.type === 'td_open') cell = token;
      if (token.type === 'inline' && cell) cells.at(-1)?.push(cellOf(token, cell));
    }
    const tokens = this.tokens.slice(start, this.at);
    const aligned = renderTable(tokens, this.source);
    const isRegular = (cells[0]?.length ?? 0) <= MAX_COLUMNS && !aligned.hasLongRow;
    if (isRegular) return [{ type: 'table', cells, is_bordered: true }];
    return [{ type: 'pre', text: aligned.text }];
  }

  private filled(blocks: Block[], wrap: (blocks: Block[]) => Block): Block[] {
    if (blocks.length === 0) this.isWhole = false;
    return blocks.length === 0 ? [] : [wrap(blocks)];
  }
}

/** The Bot API does not show a cell without a text, and does not document whether an empty text is allowed. */
function cellOf({ children }: Token, cell: Token): RichBlockTableCell {
  const text = richText(children ?? []);
  return {
    ...(!isBlank(plainText(text)) && { text }),
    ...(cell.type === 'th_open' && { is_header: true }),
    align: alignOf(cell),
    valign: 'top',
  };
}
