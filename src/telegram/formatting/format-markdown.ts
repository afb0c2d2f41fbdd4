import { cleanText, expandTabs, isBlank } from './characters.js';
import type { FormattedText } from './formatted-text.js';
import { parseMarkdown } from './markdown-parser.js';
import { renderBlocks } from './render-blocks.js';

// A longer rendering is an attack on the reader: indentation multiplied by lines.
const MAX_GROWTH = 3;
const GROWTH_ALLOWED = 4096;

/**
 * Formats any text of a model, read as Markdown, as one formatted text of any length, trimmed at both ends. Total:
 * never throws; text that the parser cannot follow (hostile nesting) stays as written. The output contains every word
 * of the input, in order; a link's address is in its entity, or in the text if Telegram would refuse it.
 */
export function formatMarkdown(markdown: string): FormattedText {
  const source = cleanText(markdown);
  const plain: FormattedText = { text: expandTabs(source, ' ').trim(), entities: [] };
  try {
    const tokens = parseMarkdown(source);
    if (!tokens) return plain;
    const formatted = renderBlocks(tokens, source.split('\n'));
    const grown = formatted.text.length > MAX_GROWTH * source.length + GROWTH_ALLOWED;
    return grown || isBlank(formatted.text) ? plain : formatted;
  } catch (error) {
    // The parser recurses for brackets in brackets and may run out of stack.
    if (error instanceof RangeError) return plain;
    throw error;
  }
}
