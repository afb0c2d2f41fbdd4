// The lines of generated answers: every style in every other, with rare corners of Unicode.
import * as fc from 'fast-check';

/** A piece of Markdown, and the text of it that must be visible, apart from white space and layout (bullets, rules). */
export interface Answer {
  readonly markdown: string;
  readonly shown: string;
}

/** A piece of a line; in a table, which holds no links, their addresses are written out. */
interface Words extends Answer {
  readonly inTable: string;
}

const words = (markdown: string, shown = markdown, inTable = shown): Words => ({ markdown, shown, inTable });

// Removed from every text: between code marks it would make a longer mark.
export const CUT_OUT = /(?![\n\t])[\p{Cc}\u202a-\u202e]|\u030a|\u0333|\u033f/gu;
export const LINE_END = /[\n\r\v\f\u0085\u2028\u2029]/g;

const CLUSTERS = [
  ...Array.from('abcxyz019 .,!?-'),
  ...Array.from('*_~`#>+=<&"\'\\|[](){}$:/@%^;'),
  ' ',
  '\n',
  '\t',
  '漢字',
  'かな',
  '한글',
  'ﷺ',
  'שלום',
  'مرحبا',
  'हिन्दी',
  'ไทย',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '🇩🇪🇫🇷',
  '👍🏽',
  '1️⃣',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301\u0327',
  'a\u030a',
  'Z\u0333\u033f\u0334',
  '\u0301',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u00ad',
  '\u200e\u200f',
  '\u202e',
  '\u2066',
  '\u00a0',
  '\u3000',
  '\u2028',
  '\u0000',
  '\u0007',
  '\u009f',
  '\ud83d',
  '\udc69',
  '\ufffd',
  '𝒳',
  '。',
  '！\ufe00',
];
const unit = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...CLUSTERS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
export const raw = fc.string({ unit, maxLength: 30 });
export const longWord = fc
  .tuple(fc.constantFrom('a', '漢', '👩‍👩‍👧‍👦', '🇩🇪', 'e\u0301'), fc.integer({ min: 1, max: 2500 }))
  .map(([one, times]) => one.repeat(times));
const word = fc.stringMatching(/^[a-z]{1,8}$/);

/** Text without markup: every sign is escaped, by a backslash or, where that would begin a formula, by its number. */
const literal = raw.map((text) => {
  // Every line has a letter: an empty one would end the paragraph.
  const lines = text.replace(LINE_END, '\nn ');
  return words(escaped(lines), ` ${lines} `);
});
const formula = fc.constantFrom(
  '$x^{*}_{1}$',
  '\\(a_1 * b_2\\)',
  '$$\\frac{a_b}{*}$$',
  '\\[_x_\\]',
  '2*3*4',
  '$\\{a\\}$',
);
const asWritten = fc.oneof(
  formula,
  fc.constantFrom('<b>bold</b>', '<br/>', '[^1]', 'snake_case_name', '<!-- c -->'),
  word,
);
const codeSpan = raw.map((text) => {
  const code = text.replace(LINE_END, ' ').replaceAll('|', ' ').replace(CUT_OUT, '');
  const ticks = '`'.repeat(longestRun(code, '`') + 1);
  return words(`${ticks} ${code} ${ticks}`, ` ${code} `);
});

/** Pieces side by side, separated by spaces, so that marks stand where they open and close. */
function row(pieces: readonly Words[]): Words {
  return words(
    pieces.map(({ markdown }) => markdown).join(' '),
    pieces.map(({ shown }) => shown).join(''),
    pieces.map(({ inTable }) => inTable).join(''),
  );
}

/** A style begins and ends with a letter, which makes its marks open and close. */
function styled(mark: string, { markdown, shown, inTable }: Words): Words {
  return words(`${mark}s ${markdown} t${mark}`, `s${shown}t`, `s${inTable}t`);
}

function linked({ markdown, shown }: Words, address: string): Words {
  const isShort = address.startsWith('/');
  const written = `l${shown}(${address})`;
  return words(`[l ${markdown}](${address})`, isShort ? written : `l${shown}`, written);
}

export const { inline } = fc.letrec<{ inline: Words; piece: Words; label: Words }>((tie) => ({
  inline: fc.array(tie('piece'), { minLength: 1, maxLength: 5 }).map(row),
  // Links contain no links.
  label: fc.array(fc.oneof(literal, codeSpan), { minLength: 1, maxLength: 3 }).map(row),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: literal },
    { weight: 2, arbitrary: asWritten.map((text) => words(text)) },
    codeSpan,
    tie('inline').map((inner) => styled('**', inner)),
    tie('inline').map((inner) => styled('_', inner)),
    tie('inline').map((inner) => styled('~~', inner)),
    fc
      .tuple(tie('label'), fc.integer({ min: 1, max: 40 }))
      .map(([inner, times]) => linked(inner, `https://example.org/${'a_(b)*'.repeat(times)}?q=1`)),
    tie('label').map((inner) => linked(inner, '/path')),
    word.map((alt) =>
      words(`![${alt}](https://example.org/i.png)`, alt, `${alt}(https://example.org/i.png)`),
    ),
    word.map((text) => words(`<https://example.org/${text}>`, `https://example.org/${text}`)),
  ),
}));
export const oneLine = inline.map(({ markdown, ...text }) => ({
  ...text,
  markdown: markdown.replaceAll('\n', ' '),
}));

function escaped(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, (sign) =>
    '()[]$|\\'.includes(sign) ? `&#${sign.charCodeAt(0)};` : `\\${sign}`,
  );
}

export function longestRun(text: string, sign: string): number {
  return text.split(new RegExp(`[^${sign}]+`)).reduce((longest, run) => Math.max(longest, run.length), 0);
}
