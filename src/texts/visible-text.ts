/**
 * Signs that are not seen, or that change how others are: controls, marks of direction and of width zero, tags, variation
 * selectors, fillers, spaces that are not the usual one, signs that no font has. Line breaks and spaces are seen.
 */
const UNSEEN = /(?![\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * Others' words as they are: each sign that nobody would see is written as `\u{...}`, so that two texts which are not the
 * same do not look the same, and none hides a part of itself. Pure.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
}
