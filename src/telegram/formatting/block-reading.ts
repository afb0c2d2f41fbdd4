// The meaning of block tokens, in whatever form they are written.
import type { Token } from 'markdown-it';

const TASK = /^\[([ xX])\][ \t]+/;
// A valid language for Telegram; anything else in that place is text.
const LANGUAGE = /^[\w+#.-]{1,32}$/;

/** The numbers of a list so far. */
export interface OpenList {
  written: string;
  shown: number;
}

/**
 * The language of a block of code, '' if there is none, and the text to be shown above it: words that may be more than
 * a language, "js title=a.js", or words meant to be struck by "~~~~".
 */
export function codeLanguageOf({ info, markup }: Token): {
  readonly language: string;
  readonly title: string;
} {
  const written = info.trim();
  const [first = ''] = written.split(/\s/, 1);
  const isLanguage = LANGUAGE.test(written) && markup.startsWith('`');
  return { language: LANGUAGE.test(first) ? first : '', title: isLanguage ? '' : written };
}

/**
 * Whether the item that begins with this paragraph is done (`[x]`) or not (`[ ]`). Null if it is no task. Removes the
 * box from the paragraph's text.
 */
export function taskOf(inline: Token | undefined): boolean | null {
  const text = inline?.type === 'inline' ? inline.children?.[0] : undefined;
  const mark = text?.type === 'text' ? TASK.exec(text.content) : null;
  if (!text || !mark) return null;
  text.content = text.content.slice(mark[0].length);
  return mark[1] !== ' ';
}

/**
 * The next number of a list: a list whose items all carry one number ("1. 1. 1.") is counted; other numbers are kept as
 * written.
 */
export function nextNumber(list: OpenList, written: string): string {
  const isCounted = written === list.written;
  list.shown = isCounted ? list.shown + 1 : Number(written);
  list.written = written;
  return isCounted ? `${list.shown}` : written;
}
