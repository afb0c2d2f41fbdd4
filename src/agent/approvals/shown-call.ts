import type { Approval } from '../../generated/prisma/client.js';
import { visible } from '../../platform/i18n/visible-text.js';

/** A tool call in the form in which people approve it. */
export type AskedCall = Pick<Approval, 'tool' | 'arguments'>;

/** UTF-16 units of a shown call: some ten messages. A longer one is not asked about. */
export const MAX_SHOWN_CHARS = 32_000;

/** Deeper than this, indentation would make a short text long. */
const MAX_INDENTED_LEVELS = 8;

/** The whole call in Markdown, with invisible characters written out: an approver must see what they approve. Pure. */
export function showCall({ tool, arguments: given }: AskedCall): string {
  const shown = visible(readable(given));
  const fence = '`'.repeat(Math.max(3, 1 + longestRun(shown, /`+/g)));
  return `**${tool}**\n\n${fence}json\n${shown}\n${fence}`;
}

/** Whether the whole call can be shown to an approver. Pure. */
export function isShowable(call: AskedCall): boolean {
  return showCall(call).length <= MAX_SHOWN_CHARS;
}

/** The tool's arguments, by the same reading: of a field that is given twice the last one counts. */
function readable(given: string): string {
  try {
    const read: unknown = JSON.parse(given);
    return JSON.stringify(read, null, isWithin(read, MAX_INDENTED_LEVELS) ? 2 : 0);
  } catch {
    return given;
  }
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isWithin(each, levels - 1));
}

function longestRun(text: string, pattern: RegExp): number {
  return text.match(pattern)?.reduce((longest, run) => Math.max(longest, run.length), 0) ?? 0;
}
