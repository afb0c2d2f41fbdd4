import { badRequest, type BotApiError } from './bot-api-error.js';
import { isEmptyText } from './formatted-text.js';
import { linkProblem } from './links.js';
import { asRecord, type Params } from './params.js';

const MAX_CHARACTERS = 32_768;
const MAX_BLOCKS = 500;
const MAX_LEVELS = 16;
const MAX_COLUMNS = 20;

/** A rich message as it was sent, and its visible text. */
export interface RichMessage {
  readonly rich: object;
  readonly text: string;
}

/**
 * The `rich_message` of a call, given as blocks that can be shown as text; null if there is none. Stricter than
 * Telegram is known to be: no part may be empty or unknown.
 * Source: https://core.telegram.org/bots/api#inputrichmessage
 * @throws BotApiError
 */
export function readRichMessage(params: Params): RichMessage | null {
  const given = params.json('rich_message');
  if (given === undefined) return null;
  const message = asRecord(given);
  const blocks = message?.['blocks'];
  if (!message || !Array.isArray(blocks) || blocks.length === 0) {
    throw badRequest('rich message must be non-empty');
  }
  const reader = new RichReader();
  const text = reader.blocks(blocks, 1);
  if (!text.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
  if (isEmptyText(text)) throw badRequest('rich message must be non-empty');
  if (reader.characters > MAX_CHARACTERS) throw badRequest('RICH_MESSAGE_TOO_LONG');
  if (reader.count > MAX_BLOCKS) throw badRequest('RICH_MESSAGE_BLOCKS_TOO_MUCH');
  return { rich: message, text };
}

class RichReader {
  characters = 0;
  count = 0;

  blocks(given: unknown, level: number): string {
    if (!Array.isArray(given) || given.length === 0) throw refuse('blocks must be non-empty');
    return given.map((block: unknown) => this.block(asRecord(block) ?? {}, level)).join('\n\n');
  }

  private block(block: Readonly<Record<string, unknown>>, level: number): string {
    this.enter(level);
    switch (block['type']) {
      case 'paragraph':
        return this.filledText(block['text'], level + 1);
      case 'heading':
        if (![1, 2, 3, 4, 5, 6].includes(Number(block['size']))) throw refuse('wrong heading size');
        return this.filledText(block['text'], level + 1);
      case 'pre':
        if (!['string', 'undefined'].includes(typeof block['language'])) throw refuse('wrong language');
        return this.filledText(block['text'], level + 1);
      case 'divider':
        return '';
      case 'mathematical_expression':
        return this.characterData(block['expression']);
      case 'blockquote':
        return this.blocks(block['blocks'], level + 1);
      case 'list':
        return this.list(block['items'], level + 1);
      case 'table':
        return this.table(block['cells'], level + 1);
      default:
        throw refuse(`unsupported block type "${String(block['type'])}"`);
    }
  }

  private list(items: unknown, level: number): string {
    if (!Array.isArray(items) || items.length === 0) throw refuse('a list must have items');
    const shown = items.map((given: unknown) => {
      this.enter(level);
      const item = asRecord(given) ?? {};
      const { value, type } = item;
      if (value !== undefined && !Number.isSafeInteger(value)) throw refuse('wrong value of a list item');
      if (![undefined, 'a', 'A', 'i', 'I', '1'].some((known) => known === type))
        throw refuse('wrong type of a label');
      const box = item['has_checkbox'] === true ? (item['is_checked'] === true ? '☑ ' : '☐ ') : '';
      return `${value === undefined ? '•' : `${Number(value)}.`} ${box}${this.blocks(item['blocks'], level + 1)}`;
    });
    return shown.join('\n');
  }

  private table(rows: unknown, level: number): string {
    if (!Array.isArray(rows) || rows.length === 0) throw refuse('a table must have rows');
    const shown = rows.map((row: unknown) => {
      this.enter(level);
      if (!Array.isArray(row) || row.length === 0) throw refuse('a row must have cells');
      if (row.length > MAX_COLUMNS) throw badRequest('RICH_MESSAGE_TABLE_TOO_WIDE');
      return row.map((cell: unknown) => this.cell(asRecord(cell) ?? {}, level + 1)).join(' │ ');
    });
    return shown.join('\n');
  }

  private cell({ text, align, valign }: Readonly<Record<string, unknown>>, level: number): string {
    if (!['left', 'center', 'right'].includes(String(align))) throw refuse('wrong align of a cell');
    if (!['top', 'middle', 'bottom'].includes(String(valign))) throw refuse('wrong valign of a cell');
    return text === undefined ? '' : this.filledText(text, level);
  }

  private filledText(given: unknown, level: number): string {
    const text = this.text(given, level);
    if (isEmptyText(text)) throw refuse('a text must be non-empty');
    return text;
  }

  private text(given: unknown, level: number): string {
    if (typeof given === 'string') return this.characterData(given);
    if (Array.isArray(given)) return given.map((part: unknown) => this.text(part, level)).join('');
    const { type, text, url, expression } = asRecord(given) ?? {};
    if (level > MAX_LEVELS) throw badRequest('RICH_MESSAGE_NESTED_TOO_DEEP');
    switch (type) {
      case 'bold':
      case 'italic':
      case 'strikethrough':
      case 'code':
        return this.filledText(text, level + 1);
      case 'url': {
        const problem = typeof url === 'string' ? linkProblem(url) : 'no address';
        if (problem !== null) throw badRequest(`rich text URL is invalid: ${problem}`);
        return this.filledText(text, level + 1);
      }
      case 'mathematical_expression':
        return this.characterData(expression);
      default:
        throw refuse(`unsupported text type "${String(type)}"`);
    }
  }

  private characterData(given: unknown): string {
    if (typeof given !== 'string' || given === '') throw refuse('a non-empty string expected');
    this.characters += given.length;
    return given;
  }

  private enter(level: number): void {
    this.count++;
    if (level > MAX_LEVELS) throw badRequest('RICH_MESSAGE_NESTED_TOO_DEEP');
  }
}

function refuse(reason: string): BotApiError {
  return badRequest(`can't parse rich message: ${reason}`);
}
