import { badRequest, type BotApiError } from './bot-api-error.js';
import { byteOffset, type Entity, type FormattedText } from './formatted-text.js';
import { linkProblem } from './links.js';

/** The marks that open and close an entity, the longest first. */
const MARKS = [
  { mark: '```', type: 'pre', name: 'Pre' },
  { mark: '__', type: 'underline', name: 'Underline' },
  { mark: '||', type: 'spoiler', name: 'Spoiler' },
  { mark: '*', type: 'bold', name: 'Bold' },
  { mark: '_', type: 'italic', name: 'Italic' },
  { mark: '~', type: 'strikethrough', name: 'Strikethrough' },
  { mark: '`', type: 'code', name: 'Code' },
] as const;
const RESERVED = '_*[]()~`>#+-=|{}.!';

interface Open {
  readonly type: string;
  /** As TDLib prints the type in "Can't find end of … entity". */
  readonly name: string;
  readonly mark: string;
  readonly sourceAt: number;
  readonly offset: number;
  readonly language?: string;
}

/**
 * Parses `parse_mode: MarkdownV2`, with Telegram's words of refusal.
 * Source: https://core.telegram.org/bots/api#markdownv2-style and TDLib, MessageEntity.cpp, parse_markdown_v2
 * @throws BotApiError `can't parse entities: …`
 */
export function parseMarkdownV2(source: string): FormattedText {
  return new MarkdownParser(source).parse();
}

class MarkdownParser {
  private at = 0;
  private text = '';
  private quote: number | null = null;
  private readonly entities: Entity[] = [];
  private readonly open: Open[] = [];

  constructor(private readonly source: string) {}

  parse(): FormattedText {
    while (this.at < this.source.length) this.step();
    this.endQuote();
    const unclosed = this.open.at(-1);
    if (unclosed) {
      throw refusal(
        `Can't find end of ${unclosed.name} entity at byte offset ${this.bytes(unclosed.sourceAt)}`,
      );
    }
    return { text: this.text, entities: this.entities };
  }

  private step(): void {
    const character = this.source.charAt(this.at);
    const next = this.source.charAt(this.at + 1);
    if (character === '\\' && next > '\0' && next <= '~') return this.literal(next, 2);
    const inner = this.open.at(-1);
    const inCode = inner?.type === 'code' || inner?.type === 'pre';
    if (!inCode && this.lineStarts()) {
      if (character === '>') return this.startQuote();
      this.endQuote();
    }
    if (inCode ? character !== '`' : !RESERVED.includes(character)) return this.literal(character, 1);
    if (inner && this.closes(inner)) return this.close(inner);
    this.begin(character);
  }

  private literal(text: string, length: number): void {
    this.text += text;
    this.at += length;
  }

  private lineStarts(): boolean {
    return this.at === 0 || this.source.charAt(this.at - 1) === '\n';
  }

  private startQuote(): void {
    this.quote ??= this.text.length;
    this.at += 1;
  }

  private endQuote(): void {
    if (this.quote === null) return;
    const length = this.text.trimEnd().length - this.quote;
    if (length > 0) this.entities.push({ type: 'blockquote', offset: this.quote, length });
    this.quote = null;
  }

  private closes({ mark }: Open): boolean {
    if (mark === '_' && this.source.startsWith('__', this.at)) return false;
    return this.source.startsWith(mark, this.at);
  }

  private close({ type, mark, offset, language }: Open): void {
    this.open.pop();
    this.at += mark.length;
    const place = { offset, length: this.text.length - offset };
    if (type === 'text_link') return this.closeLink(place);
    if (place.length > 0) {
      this.entities.push({ type, ...place, ...(language === undefined ? {} : { language }) });
    }
  }

  private closeLink(place: { offset: number; length: number }): void {
    let url = this.text.slice(place.offset);
    if (this.source.charAt(this.at) === '(') {
      const start = this.at;
      const found = /^\(((?:\\.|[^)\\])*)\)/s.exec(this.source.slice(this.at));
      if (!found) throw refusal(`Can't find end of a URL at byte offset ${this.bytes(start)}`);
      this.at += found[0].length;
      url = (found[1] ?? '').replace(/\\(.)/gs, '$1');
    }
    if (place.length > 0 && linkProblem(url) === null)
      this.entities.push({ type: 'text_link', ...place, url });
  }

  private begin(character: string): void {
    const here = { sourceAt: this.at, offset: this.text.length };
    if (character === '[') {
      this.open.push({ type: 'text_link', name: 'TextUrl', mark: ']', ...here });
      this.at += 1;
      return;
    }
    const found = MARKS.find(({ mark }) => this.source.startsWith(mark, this.at));
    if (!found) {
      throw refusal(`Character '${character}' is reserved and must be escaped with the preceding '\\'`);
    }
    this.at += found.mark.length;
    this.open.push({ ...found, ...here, ...(found.type === 'pre' ? this.language() : {}) });
  }

  /** The word behind three backticks, if a line break follows it. */
  private language(): { readonly language?: string } {
    const found = /^([^\s`]*)\n/.exec(this.source.slice(this.at));
    if (!found) return {};
    this.at += found[0].length;
    return found[1] ? { language: found[1] } : {};
  }

  private bytes(offset: number): number {
    return byteOffset(this.source, offset);
  }
}

function refusal(reason: string): BotApiError {
  return badRequest(`can't parse entities: ${reason}`);
}
