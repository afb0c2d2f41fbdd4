import type { RichText } from '@grammyjs/types';
import type { Token } from 'markdown-it';
import { cleanText, expandTabs, isBlank } from '../formatting/characters.js';
import { linkableUrl } from '../formatting/link-address.js';
import { readableUrl } from '../formatting/markdown-parser.js';

type Style = 'bold' | 'italic' | 'strikethrough';

const STYLES: ReadonlyMap<string, Style> = new Map([
  ['strong_open', 'bold'],
  ['em_open', 'italic'],
  ['s_open', 'strikethrough'],
]);

/**
 * Renders the tokens of a paragraph, a heading or a table cell as a rich text
 * (https://core.telegram.org/bots/api#richtext). As in the other form, an image is a link to it, and an address that
 * Telegram would refuse is written out.
 */
export function richText(tokens: readonly Token[]): RichText {
  const reader = { tokens, at: 0 };
  return simplest(readUntil(reader, null));
}

/** The visible text of a rich text. */
export function plainText(text: RichText): string {
  if (typeof text === 'string') return text;
  if (Array.isArray(text)) return text.map(plainText).join('');
  if ('text' in text) return plainText(text.text);
  return 'expression' in text ? text.expression : '';
}

/** LaTeX without the signs around it. */
export function latexOf(formula: string): string {
  return formula.replace(/^(?:\$\$?|\\[([])\s*|\s*(?:\$\$?|\\[)\]])$/g, '');
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

function readUntil(reader: Reader, end: string | null): RichText[] {
  const parts: RichText[] = [];
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at++];
    if (!token || token.type === end) break;
    parts.push(...readPart(token, reader));
  }
  return parts;
}

function readPart(token: Token, reader: Reader): RichText[] {
  const style = STYLES.get(token.type);
  if (style) {
    const inner = simplest(readUntil(reader, token.type.replace('_open', '_close')));
    return isBlank(plainText(inner)) ? [inner] : [{ type: style, text: inner }];
  }
  switch (token.type) {
    case 'code_inline':
      return isBlank(token.content) ? [] : [{ type: 'code', text: written(token.content) }];
    case 'formula':
      return [{ type: 'mathematical_expression', expression: latexOf(written(token.content)) }];
    case 'link_open':
      return link(token, simplest(readUntil(reader, 'link_close')));
    case 'image':
      return link(token, richText(token.children ?? []));
    case 'softbreak':
    case 'hardbreak':
      return ['\n'];
    default:
      return token.content === '' ? [] : [written(token.content)];
  }
}

function link(token: Token, label: RichText): RichText[] {
  const href = String(token.attrGet('href') ?? token.attrGet('src') ?? '');
  const url = linkableUrl(href);
  const address = written(readableUrl(href).replace(/^mailto:/i, ''));
  const title = String(token.attrGet('title') ?? '');
  const behind = title !== '' ? [` “${written(title)}”`] : [];
  const isNamed = !isBlank(plainText(label));
  if (url !== null) return [{ type: 'url', text: isNamed ? label : address, url }, ...behind];
  if (!isNamed) return [address, ...behind];
  return plainText(label) === address || address === ''
    ? [label, ...behind]
    : [label, ` (${address})`, ...behind];
}

function simplest(parts: readonly RichText[]): RichText {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : [...parts];
}

function written(text: string): string {
  return expandTabs(cleanText(text), ' ');
}
