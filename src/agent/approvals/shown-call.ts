import type { Approval } from '../../generated/prisma/client.js';
import { visible } from '../../texts/visible-text.js';

/** A tool call as people have to allow it. */
export type AskedCall = Pick<Approval, 'tool' | 'arguments'>;

/** UTF-16 units of a call as it is shown: some ten messages. Nobody is asked about a longer one. */
export const MAX_SHOWN_CHARS = 32_000;

/** Deeper than this, indentation would make a short text long. */
const MAX_INDENTED_LEVELS = 8;

/**
 * The call in Markdown, all of it, with what cannot be seen written out: who allows it has to know what they allow. Pure.
 */
export function showCall({ tool, arguments: given }: AskedCall): string {
  const shown = visible(readable(given));
  const fence = '`'.repeat(Math.max(3, 1 + longestRun(shown, /`+/g)));
  return `**${tool}**\n\n${fence}json\n${shown}\n${fence}`;
}

/** Can all of it be shown to who would have to allow it? Pure. */
export function isShowable(call: AskedCall): boolean {
  return showCall(call).length <= MAX_SHOWN_CHARS;
}

/** What the tool gets, by the same reading: of a field that is given twice the last one counts. */
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
