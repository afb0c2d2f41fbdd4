/** A stranger's words must not steer the terminal. Line breaks stay. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, ' ');
}
