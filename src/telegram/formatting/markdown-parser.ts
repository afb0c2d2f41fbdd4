// The Markdown parser: CommonMark with tables and strikethrough, without features that would lose a word of the text.
import MarkdownIt, { type StateInline, type Token } from 'markdown-it';
import { displayedMathsRule, mathsRule } from './maths-rule.js';

// Blocks inside blocks; past it markdown-it drops the contents, so such a text is treated as plain.
const MAX_NESTING = 40;

// - html off: tags stay as text.
// - no link references: a definition would vanish, and footnotes with it. Both stay as they are written.
const parser = new MarkdownIt({ html: false, linkify: false, maxNesting: MAX_NESTING }).disable('reference');
parser.block.ruler.before('fence', 'displayed_maths', displayedMathsRule, {
  alt: ['paragraph', 'reference', 'blockquote', 'list'],
});
parser.inline.ruler.before('escape', 'maths', mathsRule);
parser.inline.ruler.before('emphasis', 'multiplication', multiplicationRule);

/**
 * The blocks of a Markdown text as a flat list of tokens, or null if the text is nested deeper than the parser follows.
 */
export function parseMarkdown(markdown: string): Token[] | null {
  const tokens = parser.parse(markdown, {});
  return tokens.some(({ level }) => level >= MAX_NESTING - 1) ? null : tokens;
}

/** A readable address: percent escapes and punycode decoded where that is safe. */
export function readableUrl(href: string): string {
  return parser.normalizeLinkText(href);
}

const ALPHANUMERIC = /^[0-9A-Za-z]$/;

/**
 * A markdown-it inline rule that keeps a single `*` between two letters or digits: CommonMark would read `2*3*4` as
 * `2`, an emphasized `3`, and `4`, and the answer would say 234.
 */
function multiplicationRule(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  if (src[pos] !== '*' || !isAlphanumeric(src[pos - 1]) || !isAlphanumeric(src[pos + 1])) return false;
  if (!silent) state.pending += '*';
  state.pos = pos + 1;
  return true;
}

function isAlphanumeric(character: string | undefined): boolean {
  return character !== undefined && ALPHANUMERIC.test(character);
}
