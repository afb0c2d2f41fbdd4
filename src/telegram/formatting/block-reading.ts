// What tokens of blocks say, whatever they are written as.
import type { Token } from 'markdown-it';

const TASK = /^\[([ xX])\][ \t]+/;
// What Telegram can mean by a language; anything else in that place is text.
const LANGUAGE = /^[\w+#.-]{1,32}$/;

/** The numbers of a list so far. */
export interface OpenList {
  written: string;
  shown: number;
}

/**
 * The language of a block of code, '' where there is none, and what is to be shown above it: what may be more than a
 * language, "js title=a.js", or words that were meant to be struck by "~~~~".
 */
export function languageOf({ info, markup }: Token): { readonly language: string; readonly title: string } {
  const written = info.trim();
  const [first = ''] = written.split(/\s/, 1);
  const isLanguage = LANGUAGE.test(written) && markup.startsWith('`');
  return { language: LANGUAGE.test(first) ? first : '', title: isLanguage ? '' : written };
}

/**
 * Is the item that begins with this paragraph done (`[x]`) or not (`[ ]`)? Null where it is no task. The box is taken off
 * the paragraph's text.
 */
export function taskOf(inline: Token | undefined): boolean | null {
  const text = inline?.type === 'inline' ? inline.children?.[0] : undefined;
  const mark = text?.type === 'text' ? TASK.exec(text.content) : null;
  if (!text || !mark) return null;
  text.content = text.content.slice(mark[0].length);
  return mark[1] !== ' ';
}

/**
 * The next number of a list: a list whose items all carry one number ("1. 1. 1.") is meant to be counted; other numbers
 * are kept as they are written.
 */
export function nextNumber(list: OpenList, written: string): string {
  const isCounted = written === list.written;
  list.shown = isCounted ? list.shown + 1 : Number(written);
  list.written = written;
  return isCounted ? `${list.shown}` : written;
}
