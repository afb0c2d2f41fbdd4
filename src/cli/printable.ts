/** Control characters, marks of direction, signs that cannot be seen, halves of pairs, separators of lines; not `\n` and `\t`. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Takes out what steers a terminal, or hides something from whoever reads it. Line breaks stay. */
export function printable(text: string): string {
  return printableColumns(text).replaceAll('\t', ' ');
}

/** The same for a line of columns: tabs stay too. Whatever a command prints goes through it. */
export function printableColumns(text: string): string {
  return text.replaceAll(UNSEEN, ' ');
}
