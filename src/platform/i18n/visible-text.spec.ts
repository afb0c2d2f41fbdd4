import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from './visible-text.js';

/** Characters by their effect, in Unicode's names; each hides, moves or joins its neighbours. */
const unseen: Readonly<Record<string, string>> = {
  'a zero width space': '\u200b',
  'a zero width joiner': '\u200d',
  'a word joiner': '\u2060',
  'a byte order mark': '\ufeff',
  'a soft hyphen': '\u00ad',
  'an override of the direction': '\u202e',
  'an isolate of the direction': '\u2067',
  'a mark of the direction': '\u061c',
  'a tag': '\u{e0041}',
  'the language tag': '\u{e0001}',
  'a variation selector': '\ufe0f',
  'a rare variation selector': '\u{e0171}',
  'a filler of Hangul': '\u3164',
  'a narrow filler of Hangul': '\uffa0',
  'a joiner of graphemes': '\u034f',
  'an invisible times': '\u2062',
  'an empty Braille cell': '\u2800',
  'a space without a break': '\u00a0',
  'a hair space': '\u200a',
  'a line separator': '\u2028',
  'a line feed of another kind': '\u0085',
  'a carriage return': '\r',
  'a tab': '\t',
  'an escape': '\u001b',
  'a NUL': '\0',
  'a sign of private use': '\ue000',
  'a half of a pair': '\ud800',
  'a stroke through the sign before it': '\u0336',
  'a slash through it': '\u0338',
  'a circle and a slash around it': '\u20e0',
  'a frame of Cyrillic thousands': '\u0488',
};

describe('visibleText', () => {
  it.each(Object.entries(unseen))('escapes %s', (_, sign) => {
    const code = (sign.codePointAt(0) ?? 0).toString(16);
    expect(visible(`a${sign}b`)).toBe(`a\\u{${code}}b`);
  });

  it('keeps visible characters: letters of all scripts, signs, spaces and line breaks', () => {
    const text = 'Grüße, мир, 世界, שלום, नमस्ते, 👍🏽\n  "quoted": [1, 2] €';
    expect(visible(text)).toBe(text);
  });

  it('allows no pile of marks', () => {
    expect(visible(`pay${'\u0301'.repeat(6)}`)).toBe(`pay${'\u0301'.repeat(4)}\\u{301}\\u{301}`);
    for (const words of ['Tiếng Việt', 'שָׁלוֹם', 'مُحَمَّدٌ', 'क्षत्रिय', 'น้ำ', 'ก็', 'བསྒྲུབས', 'a\u0328\u0301\u0304'])
      expect(visible(words.normalize('NFD'))).toBe(words.normalize('NFD'));
  });

  it('gives equal results for equal words only', () => {
    const text = fc
      .array(fc.constantFrom('a', ' ', '\n', ...Object.values(unseen)))
      .map((parts) => parts.join(''));
    const read = (shown: string) =>
      shown.replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, code: string) =>
        String.fromCodePoint(Number.parseInt(code, 16)),
      );
    fc.assert(fc.property(text, (words) => read(visible(words)) === words));
  });
});
