import { badRequest, type BotApiError } from './bot-api-error.js';
import { byteOffset, type Entity, type FormattedText } from './formatted-text.js';
import { linkProblem } from './links.js';

const SIMPLE_TAGS: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  code: 'code',
  pre: 'pre',
};
const OTHER_TAGS = ['a', 'span', 'blockquote', 'tg-emoji'];
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

interface OpenTag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly offset: number;
  /** The language that the `code` of a `pre` names. */
  language?: string;
}

/**
 * Parses `parse_mode: HTML`, with Telegram's tags, leniency (an unknown `&name;` stays as it is) and words of refusal.
 * Source: https://core.telegram.org/bots/api#html-style and TDLib, MessageEntity.cpp, parse_html
 * @throws BotApiError `can't parse entities: …`
 */
export function parseHtml(source: string): FormattedText {
  return new HtmlParser(source).parse();
}

class HtmlParser {
  private at = 0;
  private text = '';
  private readonly entities: Entity[] = [];
  private readonly open: OpenTag[] = [];

  constructor(private readonly source: string) {}

  parse(): FormattedText {
    while (this.at < this.source.length) {
      const character = this.source.charAt(this.at);
      if (character === '&') this.text += this.character();
      else if (character !== '<') this.text += this.take(1);
      else if (this.source.charAt(this.at + 1) === '/') this.endTag();
      else this.startTag();
    }
    const unclosed = this.open.at(-1);
    if (unclosed) throw refusal(`Can't find end tag corresponding to start tag "${unclosed.name}"`);
    return { text: this.text, entities: this.entities };
  }

  private take(length: number): string {
    const taken = this.source.slice(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  private character(): string {
    const [whole = '', name = ''] =
      /^&(#\d+|#x[\da-f]+|[a-z]+);/i.exec(this.source.slice(this.at, this.at + 12)) ?? [];
    const decoded = decodeCharacter(name);
    if (decoded === null) return this.take(1);
    this.at += whole.length;
    return decoded;
  }

  private startTag(): void {
    const start = this.at;
    const where = `at byte offset ${byteOffset(this.source, start)}`;
    const name = (/^<([^\s>]*)/.exec(this.source.slice(start))?.[1] ?? '').toLowerCase();
    this.at += 1 + name.length;
    if (this.at >= this.source.length) throw refusal(`Unclosed start tag ${where}`);
    if (!(name in SIMPLE_TAGS) && !OTHER_TAGS.includes(name)) {
      throw refusal(`Unsupported start tag "${name}" ${where}`);
    }
    const attributes = this.attributes(name, where);
    if (name === 'span' && attributes.get('class') !== 'tg-spoiler') {
      throw refusal(`Tag "span" must have class "tg-spoiler" ${where}`);
    }
    this.open.push({ name, attributes, offset: this.text.length });
  }

  private attributes(tag: string, where: string): Map<string, string> {
    const found = new Map<string, string>();
    for (;;) {
      this.at += /^\s*/.exec(this.source.slice(this.at))?.[0].length ?? 0;
      if (this.at >= this.source.length) throw refusal(`Unclosed start tag ${where}`);
      if (this.source.charAt(this.at) === '>') {
        this.at += 1;
        return found;
      }
      const [whole = '', name = '', equals, value = ''] =
        /^([^\s=>]*)\s*(?:(=)\s*("[^"]*"|'[^']*'|[^\s>"']+))?/.exec(this.source.slice(this.at)) ?? [];
      if (name === '') throw refusal(`Empty attribute name in the tag "${tag}" ${where}`);
      if (equals === undefined && !(tag === 'blockquote' && name.toLowerCase() === 'expandable')) {
        throw refusal(`Expected equal sign in declaration of an attribute of the tag "${tag}" ${where}`);
      }
      found.set(name.toLowerCase(), decodeAll(value.replace(/^(["'])(.*)\1$/s, '$2')));
      this.at += whole.length;
    }
  }

  private endTag(): void {
    const where = `at byte offset ${byteOffset(this.source, this.at)}`;
    const tag = this.open.pop();
    if (!tag) throw refusal(`Unexpected end tag ${where}`);
    const [whole, name = ''] = /^<\/([^\s>]*)\s*>/.exec(this.source.slice(this.at)) ?? [];
    if (whole === undefined) throw refusal(`Unclosed end tag ${where}`);
    if (name !== '' && name.toLowerCase() !== tag.name) {
      throw refusal(
        `Unmatched end tag ${where}, expected "</${tag.name}>", found "</${name.toLowerCase()}>"`,
      );
    }
    this.at += whole.length;
    const entity = this.entityOf(tag);
    if (entity && entity.length > 0) this.entities.push(entity);
  }

  private entityOf(tag: OpenTag): Entity | null {
    const place = { offset: tag.offset, length: this.text.length - tag.offset };
    switch (tag.name) {
      case 'a': {
        const url = tag.attributes.get('href') ?? this.text.slice(tag.offset);
        return linkProblem(url) === null ? { type: 'text_link', ...place, url } : null;
      }
      case 'span':
        return { type: 'spoiler', ...place };
      case 'blockquote':
        return { type: tag.attributes.has('expandable') ? 'expandable_blockquote' : 'blockquote', ...place };
      case 'code': {
        const parent = this.open.at(-1);
        const language = /^language-(.+)$/.exec(tag.attributes.get('class') ?? '')?.[1];
        if (parent?.name !== 'pre' || language === undefined) return { type: 'code', ...place };
        parent.language = language;
        return null;
      }
      case 'pre':
        return { type: 'pre', ...place, ...(tag.language === undefined ? {} : { language: tag.language }) };
      case 'tg-emoji':
        return null;
      default:
        return { type: SIMPLE_TAGS[tag.name] ?? tag.name, ...place };
    }
  }
}

function decodeCharacter(name: string): string | null {
  if (!name.startsWith('#')) return CHARACTERS[name.toLowerCase()] ?? null;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : null;
}

function decodeAll(text: string): string {
  return text.replace(
    /&(#\d+|#x[\da-f]+|[a-z]+);/gi,
    (whole, name: string) => decodeCharacter(name) ?? whole,
  );
}

function refusal(reason: string): BotApiError {
  return badRequest(`can't parse entities: ${reason}`);
}
