/** Texts within a text that may be base64, in its usual or its URL alphabet, or hexadecimal: finding them, decoding them. */

const HEXADECIMAL = /[\da-f]{16,}/gi;

/** Finds possible base64 or hexadecimal of at least this many bytes. */
export const encodedText = (bytes: number): RegExp =>
  new RegExp(String.raw`(?<![\w+/-])[\w+/-]{${Math.floor((bytes * 8) / 6)},}`, 'g');

/**
 * The possible decodings of a run of such characters, a byte a character. The encoded part may follow characters that
 * belong to the alphabet by accident, such as those of a path.
 */
export function decodingsOf(run: string): string[] {
  const hexadecimal = run.match(HEXADECIMAL) ?? [];
  return [
    ...[0, 1, 2, 3].map((skipped) => decoded(run.slice(skipped), 'base64')),
    ...hexadecimal.flatMap((part) => [decoded(part, 'hex'), decoded(part.slice(1), 'hex')]),
  ];
}

const decoded = (text: string, encoding: 'base64' | 'hex'): string =>
  Buffer.from(text, encoding).toString('latin1');
