import type { InputRichMessage } from '@grammyjs/types';
import type { Token } from 'markdown-it';
import { cleanText } from '../formatting/characters.js';
import { MAX_ENTITIES } from '../formatting/entities.js';
import { formatMarkdown } from '../formatting/format-markdown.js';
import type { FormattedText } from '../formatting/formatted-text.js';
import { parseMarkdown } from '../formatting/markdown-parser.js';
import { MAX_MESSAGE_LENGTH, splitFormatted } from '../formatting/split-formatted.js';
import { richBlocks } from './rich-blocks.js';
import { fitsRichMessage } from './rich-limits.js';

/** A message in both forms, with the same content: the second is sent if the rich one is refused. */
export interface TwoForms extends FormattedText {
  readonly rich: InputRichMessage<never> | null;
}

// Constructs that entities show worse: headings and lists as text, tables as code, formulas as written.
const BETTER_RICH = new Set([
  'heading_open',
  'bullet_list_open',
  'ordered_list_open',
  'table_open',
  'hr',
  'formula',
]);
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;

/**
 * Composes a model's answer as messages, in order, each in a form that Telegram cannot refuse for its text, and also as
 * a rich message of the same blocks if that shows more. A message is short enough for either form, so one reply stays
 * one message whichever form Telegram accepts. No messages for an invisible answer.
 */
export function composeTwoForms(markdown: string): TwoForms[] {
  const source = cleanText(markdown);
  const lines = source.split('\n');
  const tokens = parse(source);
  if (!tokens?.some(isBetterRich)) return plainForms(source);
  return groupsOf(blocksOf(tokens, lines)).flatMap((group) => {
    const forms = plainForms(group);
    const [only] = forms;
    return only && forms.length === 1 ? [{ ...only, rich: richForm(group) }] : forms;
  });
}

function plainForms(source: string): TwoForms[] {
  return splitFormatted(formatMarkdown(source)).map((message) => ({ ...message, rich: null }));
}

function richForm(source: string): InputRichMessage<never> | null {
  const tokens = parse(source);
  if (!tokens?.some(isBetterRich)) return null;
  const blocks = richBlocks(tokens, source.split('\n'));
  if (!blocks || !fitsRichMessage(blocks)) return null;
  return RIGHT_TO_LEFT.test(source) ? { blocks, is_rtl: true } : { blocks };
}

/** Null for a text that the parser cannot follow. */
function parse(source: string): Token[] | null {
  try {
    return parseMarkdown(source);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isBetterRich({ type, children }: Token): boolean {
  return BETTER_RICH.has(type) || (children?.some((child) => child.type === 'formula') ?? false);
}

/** The Markdown of each top-level block. */
function blocksOf(tokens: readonly Token[], lines: readonly string[]): string[] {
  const starts = tokens.flatMap(({ level, nesting, map }) =>
    level === 0 && nesting >= 0 && map ? [map[0]] : [],
  );
  const edges = [0, ...starts.slice(1), lines.length];
  return edges.slice(1).map((end, index) => lines.slice(edges[index], end).join('\n'));
}

/** As many blocks together as fit one message in the form with entities. */
function groupsOf(blocks: readonly string[]): string[] {
  const groups: string[][] = [];
  let length = Infinity;
  let count = Infinity;
  for (const block of blocks) {
    const { text, entities } = formatMarkdown(block);
    length += text.length + 2;
    count += entities.length;
    if (length > MAX_MESSAGE_LENGTH || count > MAX_ENTITIES) {
      groups.push([]);
      length = text.length;
      count = entities.length;
    }
    groups.at(-1)?.push(block);
  }
  return groups.map((group) => group.join('\n'));
}
