// Answers as a grammar makes them: every construct of Markdown in every other. The grammar knows what a reader has to see,
// so the oracle is no second parser.
import * as fc from 'fast-check';
import {
  type Answer,
  CUT_OUT,
  inline,
  LINE_END,
  longestRun,
  longWord,
  oneLine,
  raw,
} from './answer-lines.spec-support.js';

const MAX_ANSWER = 30_000;

/** A paragraph begins with a letter, so that nothing in it begins another block, and has no blank lines. */
const paragraph = inline.map(({ markdown, shown }) => ({
  markdown: `p ${markdown}`,
  shown: `p${shown}`,
}));
/** Often too long for one message. */
const longParagraph = fc.array(oneLine, { minLength: 20, maxLength: 60, size: 'max' }).map((lines) => ({
  markdown: lines.map(({ markdown }) => `p ${markdown}`).join('\n'),
  shown: lines.reduce((text, { shown }) => `${text}p${shown}`, ''),
}));
const long = fc.array(longWord, { minLength: 1, maxLength: 3 }).map((words) => ({
  markdown: words.join(' '),
  shown: words.join(''),
}));
const heading = fc.tuple(fc.integer({ min: 1, max: 6 }), oneLine).map(([level, text]) => ({
  markdown: `${'#'.repeat(level)} h ${text.markdown} h`,
  shown: `h${text.shown}h`,
}));
const fence = fc
  .tuple(
    fc.constantFrom('```', '~~~'),
    fc.constantFrom('', 'js', 'c++', 'python', 'js title=a'),
    fc.array(raw, { maxLength: 8 }),
    fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 120 })),
  )
  .map(([sign, info, lines, times]) => {
    const code = `${lines.join('\n')}\n`.repeat(times).replace(LINE_END, '\n').replace(CUT_OUT, '');
    const mark = sign.charAt(0).repeat(Math.max(3, longestRun(code, sign.charAt(0)) + 1));
    // What may be more than a language is shown above the code.
    const isLanguage = sign === '```' && !info.includes(' ');
    const markdown = `${mark}${info}\n${code}${mark}`;
    return { markdown, shown: (isLanguage ? '' : info) + code };
  });
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((columns) =>
    fc.array(fc.array(oneLine, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 12 }),
  )
  .map((rows) => {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    const [head = '', ...body] = rows.map((cells) => line(cells.map(({ markdown }) => `c ${markdown}`)));
    const aligned = line((rows[0] ?? []).map((_, index) => ['---', ':-:', '--:'][index % 3] ?? '---'));
    return {
      markdown: [head, aligned, ...body].join('\n'),
      shown: rows.flat().reduce((text, { inTable }) => `${text}c${inTable}`, ''),
    };
  });
const rule = fc.constant({ markdown: '___', shown: '' });
const displayedFormula = fc
  .constantFrom('$$\na\n- b\n= c_1 * _d_\n=\n$$', '\\[\n# x^{*}\n+ y\n\\]')
  .map((text) => ({ markdown: text, shown: text.replace(/^([-+#]) /gm, '$1') }));

const { block, blocks } = fc.letrec<{ block: Answer; blocks: Answer }>((tie) => ({
  blocks: fc.array(tie('block'), { minLength: 1, maxLength: 4 }).map(stack),
  block: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: paragraph },
    heading,
    fence,
    table,
    rule,
    displayedFormula,
    tie('blocks').map(({ markdown, shown }) => ({ markdown: prefixed(markdown, '> ', '> '), shown })),
    fc
      .tuple(
        fc.constantFrom('-', '*', '- [ ]', '- [x]'),
        fc.array(tie('blocks'), { minLength: 1, maxLength: 4 }),
      )
      .map(([marker, items]) => list(items, () => marker)),
    fc
      .tuple(fc.integer({ min: 0, max: 999 }), fc.array(tie('blocks'), { minLength: 1, maxLength: 4 }))
      .map(([first, items]) => list(items, (index) => `${first + index}.`)),
  ),
}));

/** Blocks with a blank line between, and a comment line between two lists, which would be one. */
function stack(parts: readonly Answer[]): Answer {
  return {
    markdown: parts.map(({ markdown }) => markdown).join('\n\nsep\n\n'),
    shown: parts.map(({ shown }) => shown).join('sep'),
  };
}

function list(items: readonly Answer[], markerOf: (index: number) => string): Answer {
  const written = items.map(({ markdown }, index) => {
    const marker = markerOf(index);
    // A task's box belongs to a paragraph, and the text is indented as far as the bullet demands.
    const first = marker.includes('[') ? `${marker} t\n\n${' '.repeat(2)}` : `${marker} `;
    const indent = ' '.repeat(marker.includes('[') ? 2 : marker.length + 1);
    return prefixed(markdown, first, indent);
  });
  const shown = items.map((item, index) => {
    const marker = markerOf(index);
    if (marker.endsWith('.')) return marker + item.shown;
    return (marker.includes('[') ? 't' : '') + item.shown;
  });
  return { markdown: written.join('\n'), shown: shown.join('') };
}

function prefixed(markdown: string, first: string, rest: string): string {
  return markdown
    .split('\n')
    .map((line, index) => (index === 0 ? first : rest) + line)
    .join('\n');
}

/** Whole answers of 1 to 30,000 characters. */
export const anyAnswer: fc.Arbitrary<Answer> = fc
  .oneof({ weight: 2, arbitrary: stackOf(3) }, stackOf(14))
  .map((parts) => {
    let size = 0;
    const kept = parts.filter(({ markdown }, index) => {
      size += markdown.length;
      return size <= MAX_ANSWER || index === 0;
    });
    return stack(kept);
  });

function stackOf(maxLength: number): fc.Arbitrary<Answer[]> {
  const part = fc.oneof(
    { weight: 6, arbitrary: block },
    { weight: 1, arbitrary: blocks },
    { weight: 1, arbitrary: long },
    { weight: 1, arbitrary: longParagraph },
  );
  return fc.array(part, { minLength: 1, maxLength, size: 'max' });
}

/** What has to be the same before and after: everything but white space, layout, and what cannot be sent. */
export function essenceOf(text: string): string {
  return text
    .replace(/[AaUuwy]\u030a/g, (letter) => letter.normalize('NFC'))
    .toWellFormed()
    .replace(/[\s\p{Cc}\u0085\u200e\u200f\u2028-\u202e•☐☑⎯│─┼>]|\u030a|\u0333|\u033f/gu, '');
}
