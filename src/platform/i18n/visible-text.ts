/**
 * Invisible characters, and those that change their neighbours: controls, marks of direction and of zero width, tags,
 * variation selectors, fillers, unusual spaces, characters without a glyph. Line breaks and spaces are visible.
 */
const UNSEEN = /(?![\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Strokes and frames over the character before them, which seem to strike it out: no script needs them. */
const STRUCK = new RegExp(
  String.raw`[\u0334-\u0338\u0488\u0489\u1abe\u20d2-\u20d4\u20d8-\u20e0\u20e2\u20e4-\u20eb]`,
  'gu',
);
/** More marks on one character than any script uses: a pile of them covers the lines above and below. */
const PILED = /(?<=\p{M}{4})\p{M}/gu;

const written = (sign: string): string => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;

/**
 * Makes other people's words unambiguous: each invisible character is written as `\u{...}`, so that two different texts
 * do not look the same, and none hides or strikes out a part of itself. Pure.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, written).replaceAll(STRUCK, written).replaceAll(PILED, written);
}

/** Equivalent JSON with those characters escaped: `\u202e`. Pure. */
export function visibleInJson(json: string): string {
  return json.replaceAll(UNSEEN, (sign) =>
    Array.from({ length: sign.length }, (_, at) => escapedUnit(sign.charCodeAt(at))).join(''),
  );
}

function escapedUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
