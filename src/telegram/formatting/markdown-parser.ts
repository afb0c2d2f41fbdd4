// The Markdown parser: CommonMark with tables and strikethrough, and nothing that would lose a word of the text.
import MarkdownIt, { type Token } from 'markdown-it';
import { displayedMathsRule, mathsRule } from './maths-rule.js';
import { multiplicationRule } from './multiplication-rule.js';

// Blocks inside blocks; past it markdown-it leaves out what is inside, so such a text is taken as plain.
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
 * The blocks of a Markdown text as a flat list of tokens, or null where the text is nested deeper than the parser
 * follows.
 */
export function parseMarkdown(markdown: string): Token[] | null {
  const tokens = parser.parse(markdown, {});
  return tokens.some(({ level }) => level >= MAX_NESTING - 1) ? null : tokens;
}

/** An address as people read it: percent escapes and punycode decoded where that is safe. */
export function readableUrl(href: string): string {
  return parser.normalizeLinkText(href);
}
