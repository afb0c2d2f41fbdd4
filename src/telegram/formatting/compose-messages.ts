import { formatMarkdown } from './format-markdown.js';
import type { FormattedText } from './formatted-text.js';
import { splitFormatted } from './split-formatted.js';

const NOTHING_TO_SHOW: FormattedText = { text: '…', entities: [] };

/**
 * The messages that show a model's answer, in order, none of which Telegram can refuse for its text or entities.
 * At least one: an answer with nothing visible in it becomes `…`.
 */
export function composeMessages(markdown: string): FormattedText[] {
  const parts = splitFormatted(formatMarkdown(markdown));
  return parts.length > 0 ? parts : [NOTHING_TO_SHOW];
}
