// Markdown as models write it, and worse: nested, unbalanced, with words that can be found again.
import * as fc from 'fast-check';

/** A generated Markdown text whose words are `q0z`, `q1z`, … in the order in which they must appear. */
export interface NumberedMarkdown {
  readonly markdown: string;
  readonly words: readonly string[];
}

const SIGNS = '* _ ** < & > ] [ ( ) . ! # \\ ` | ~ ~~ $$ \\( <b> &amp; &#8238; 2*3*4 a_b_c 漢字'.split(' ');
const noise = fc.oneof(
  fc.constantFrom(...SIGNS),
  fc.constantFrom('', ' ', '\n', '  \n', '\t', '\u0000', '\ud83d', ' 👩‍👩‍👧‍👦', ' שלום', ' 2 * 3'),
);
const { inline } = fc.letrec<{ inline: string; piece: string }>((tie) => ({
  inline: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(' ')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    noise.map((after) => `W${after}`),
    fc.constantFrom(
      '`W`',
      '``W ` W``',
      '[W](https://example.org/a_(b)?q=1&r=*)',
      '![W](http://example.org/i.png)',
    ),
    fc.constantFrom(
      '[W](/W)',
      '[W](mailto:ada@example.org "W")',
      '<https://example.org>',
      '[W][W]',
      '[^1] W',
    ),
    tie('inline').map((text) => `**${text}**`),
    tie('inline').map((text) => `_${text}_`),
    tie('inline').map((text) => `~~${text}~~`),
    tie('inline').map((text) => `[${text}](https://example.org)`),
  ),
}));
const block = fc.oneof(
  inline,
  fc.tuple(fc.nat(6), inline).map(([level, text]) => `${'#'.repeat(level)} ${text}`),
  fc
    .array(fc.tuple(fc.nat(3), fc.constantFrom('-', '*', '1.', '7)', '- [ ]', '- [x]'), inline), {
      maxLength: 5,
    })
    .map((items) =>
      items.map(([depth, marker, text]) => `${'   '.repeat(depth)}${marker} ${text}`).join('\n'),
    ),
  fc.array(inline, { maxLength: 3 }).map((lines) => lines.map((line) => `> ${line}`).join('\n')),
  inline.map((text) => `> > ${text}\n>\n> \`\`\`\n> W\n> \`\`\``),
  fc
    .tuple(fc.constantFrom('', 'js', 'c++', 'js title=W'), fc.integer({ min: 1, max: 200 }))
    .map(([info, lines]) => `\`\`\`${info}\n${'  W = "<&>*_";\n'.repeat(lines)}\`\`\``),
  fc
    .array(
      fc.array(
        inline.map((text) => text.replaceAll('\n', ' ')),
        { maxLength: 4 },
      ),
      { maxLength: 4 },
    )
    .map((rows) => ['| W | W |', '|---|:-:|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')),
  fc.constantFrom(
    '---',
    '```\nW never closed',
    '[W]: https://example.org',
    '$$\nW_1 * W_2\n$$',
    '    W',
    '- ',
    '<!-- W -->',
  ),
);

/** Blocks of all kinds, with the words numbered. */
export const numberedMarkdown: fc.Arbitrary<NumberedMarkdown> = fc
  .array(block, { minLength: 1, maxLength: 12 })
  .map((blocks) => {
    const words: string[] = [];
    const markdown = blocks.join('\n\n').replaceAll('W', () => {
      const word = `q${words.length}z`;
      words.push(word);
      return word;
    });
    return { markdown, words };
  });

const SYNTAX = Array.from('*_`~[]()<>!|#>-+=1.\\$&;:/ \n\ta漢🙂é\u200d');
const syntax = fc.constantFrom(...SYNTAX, '\ud83d', '\udc68');

/** Texts of characters with a meaning in Markdown, of any Unicode characters, or of both. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: syntax, maxLength: 300 }),
  fc.array(noise, { maxLength: 100 }).map((pieces) => pieces.join('')),
);
