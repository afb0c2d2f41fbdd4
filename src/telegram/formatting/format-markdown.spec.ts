import { describe, expect, it } from 'vitest';
import { formatMarkdown } from './format-markdown.js';

const textOf = (markdown: string) => formatMarkdown(markdown).text;

/** The entities with the text they cover, in the order of the message. */
function marked(markdown: string): string[] {
  const { text, entities } = formatMarkdown(markdown);
  return entities.map((entity) => {
    const extra = entity.type === 'text_link' ? ` → ${entity.url}` : '';
    return `${entity.type}: ${text.slice(entity.offset, entity.offset + entity.length)}${extra}`;
  });
}

describe('formatMarkdown', () => {
  it('shows bold, italic and struck text, nested', () => {
    expect(textOf('**bold _nested_ text** ~~gone~~')).toBe('bold nested text gone');
    expect(marked('**bold _nested_ text** ~~gone~~')).toEqual([
      'bold: bold nested text',
      'italic: nested',
      'strikethrough: gone',
    ]);
  });

  it('counts offsets in UTF-16 units', () => {
    expect(formatMarkdown('👩‍👩‍👧‍👦 **x**').entities).toEqual([{ type: 'bold', offset: 12, length: 1 }]);
  });

  it('splits bold around code, which may be inside nothing but a quote', () => {
    expect(marked('**a `b` c**')).toEqual(['bold: a', 'code: b', 'bold: c']);
    expect(marked('> a `b`')).toEqual(['blockquote: a b', 'code: b']);
    expect(marked('[a `b`](https://example.org)')).toEqual(['text_link: a b → https://example.org/']);
  });

  it('shows a heading as a bold line', () => {
    expect(textOf('## Plan\nfirst')).toBe('Plan\nfirst');
    expect(marked('## Plan *now*')).toEqual(['bold: Plan now', 'italic: now']);
  });

  it('shows a fenced block with its language, and words behind it', () => {
    expect(formatMarkdown('```js\nconst a = `*b*`;\n```')).toEqual({
      text: 'const a = `*b*`;',
      entities: [{ type: 'pre', offset: 0, length: 16, language: 'js' }],
    });
    expect(textOf('```js title=a.js\nx\n```')).toBe('js title=a.js\nx');
  });

  it('shows a fence that is never closed as code to the end', () => {
    expect(marked('```\nx\n\ny')).toEqual(['pre: x\n\ny']);
  });

  it('shows lists with bullets, their numbers and their depth', () => {
    expect(textOf('- a\n  - b\n    more\n- c')).toBe('• a\n  • b\n    more\n• c');
    expect(textOf('3. a\n5. b')).toBe('3. a\n5. b');
    expect(textOf('1. a\n1. b\n1. c')).toBe('1. a\n2. b\n3. c');
    expect(textOf('1) a\n   - b')).toBe('1) a\n   • b');
    expect(textOf('-\n- b')).toBe('• \n• b');
  });

  it('shows tasks with boxes', () => {
    expect(textOf('- [ ] a\n- [x] b\n1. [X] c')).toBe('☐ a\n☑ b\n1. ☑ c');
  });

  it('shows code in a list on lines of its own, without indentation', () => {
    expect(textOf('- a\n  ```\n  x\n    y\n  ```\n  b')).toBe('• a\nx\n  y\n  b');
    expect(textOf('- ```\n  x\n  ```')).toBe('• \nx');
  });

  it('shows one quote, and a quote inside it by a sign', () => {
    expect(formatMarkdown('> a\n> > b\n\nc')).toEqual({
      text: 'a\n> b\n\nc',
      entities: [{ type: 'blockquote', offset: 0, length: 5 }],
    });
  });

  it('aligns a table by its visible text', () => {
    const table = '| Name | 数量 |\n|---|--:|\n| **b** 🍎 | 5 |\n| [l](http://example.org) |';
    expect(textOf(table)).toBe(
      [
        'Name                   │ 数量',
        '───────────────────────┼─────',
        'b 🍎                   │    5',
        'l (http://example.org) │',
      ].join('\n'),
    );
    expect(formatMarkdown(table).entities.map(({ type }) => type)).toEqual(['pre']);
  });

  // As many columns as a browser's monospaced font takes, if it takes whole ones:
  // docs/decisions/0030-commander-and-string-width.md.
  it.each([
    ['a letter with its mark apart', 'e\u0301', 1],
    ['a letter with marks upon marks', 'a\u0308\u0304\u0323', 1],
    ['a word with a separator of no width', 'a\u200db\u2060', 2],
    ['a sign as text', '❤', 1],
    ['the sign as a picture', '❤\ufe0f', 2],
    ['a picture of several people', '👩🏽‍💻', 2],
    ['such a picture without its selector', '🕵‍♂', 2],
    ['a flag', '🇩🇪', 2],
    ['a keycap', '1\ufe0f\u20e3', 2],
    ['an ideograph', '数', 2],
    ['one outside the basic plane', '𠮷', 2],
    ['one in a square', '🈂', 2],
    ['a syllable of jamo', '\u1112\u1161\u11ab', 2],
    ['kana with its mark apart', 'か\u3099', 2],
    ['halfwidth kana with its mark', 'ｶﾞ', 2],
    ['Devanagari with vowels that take room', 'हिन्दी', 4],
    ['the same marks behind a plain letter', 'x\ufe0f', 1],
  ])('gives %s the columns that it takes', (_what, cell, columns) => {
    const [row] = textOf(`| 123456 | x |\n|---|---|\n| ${cell} | y |`).split('\n').slice(2);
    expect(row).toBe(`${cell}${' '.repeat(6 - columns)} │ y`);
  });

  it('shows a row’s cells beyond the head’s', () => {
    expect(textOf('|a|b|\n|-|-|\n|c|d|e\\|f|g|')).toBe('a │ b\n──┼──\nc │ d │ e|f │ g');
    expect(textOf('> |a|b|\n> |-|-|\n> |c|d|')).toBe('a │ b\n──┼──\nc │ d');
    expect(textOf('- | a |\n  |---|\n  | b |')).toBe('• \na\n─\nb');
  });

  it('links the addresses that Telegram accepts', () => {
    expect(
      marked('[a](https://example.org/a_(b)?x=1&y=2) <http://example.org> [t](tg://resolve?domain=x)'),
    ).toEqual([
      'text_link: a → https://example.org/a_(b)?x=1&y=2',
      'text_link: http://example.org → http://example.org/',
      'text_link: t → tg://resolve?domain=x',
    ]);
    expect(marked('![alt](https://example.org/i.png) [](https://example.org)')).toEqual([
      'text_link: alt → https://example.org/i.png',
      'text_link: https://example.org → https://example.org/',
    ]);
  });

  it.each([
    ['[a](/path)', 'a (/path)'],
    ['[a](http://localhost:3000)', 'a (http://localhost:3000)'],
    ['[a](http://example.org:0)', 'a (http://example.org:0)'],
    ['[a](mailto:ada@example.org)', 'a (ada@example.org)'],
    ['<ada@example.org>', 'ada@example.org'],
    ['[a](tg://user?id=1)', 'a (tg://user?id=1)'],
    ['[a](ftp://example.org)', 'a (ftp://example.org)'],
    ['[a](javascript:b)', '[a](javascript:b)'],
    ['[a](/b "c")', 'a (/b) “c”'],
  ])('writes out an address that Telegram would refuse: %s', (markdown, text) => {
    expect(formatMarkdown(markdown)).toEqual({ text, entities: [] });
  });

  it.each([
    'end_of_file*name and 2 * 3 [x] a_b_c',
    '2*3*4',
    '\\(x^2_1 * y_2\\) $$\\frac{a_1}{b_1}$$ \\[a*b*c\\]',
    'so $x^{*}$ and $y^{*}$ are $\\{a_1, _b_\\}$',
    '$$\na\n- b\n= c *d*\n=\n$$',
    '\\[\n# x\n\\]',
    '<b>bold</b> <!-- comment -->',
    '[ref][1] and a note[^1]\n\n[^1]: note\n[1]: https://example.org "title"',
    '**never closed',
  ])('keeps as it is: %s', (markdown) => {
    expect(formatMarkdown(markdown)).toEqual({ text: markdown, entities: [] });
  });

  it('does not take prices and shell variables for formulas', () => {
    expect(textOf('**$A** and **$B** for $5 to *$6*, $HOME/$USER')).toBe(
      '$A and $B for $5 to $6, $HOME/$USER',
    );
    expect(textOf('$$\n- a\n\n*b*')).toBe('$$\n• a\n\nb');
  });

  it('keeps an item’s number as written, but counts a repeated one', () => {
    expect(textOf('007. a\n8. b\n8. c')).toBe('007. a\n8. b\n9. c');
  });

  it('keeps the indentation of code, also where the answer begins with it, and tabs as spaces', () => {
    expect(textOf('```\n  a\n\tb\n```')).toBe('  a\n    b');
    expect(textOf('a\tb')).toBe('a b');
  });

  it('keeps lines as lines and blank lines as one', () => {
    expect(textOf('a\nb  \nc\\\nd\n\n\n\ne\r\nf')).toBe('a\nb\nc\nd\n\ne\nf');
  });

  it('draws a rule as a line', () => {
    expect(textOf('a\n\n---\n\nb')).toBe(`a\n\n${'⎯'.repeat(12)}\n\nb`);
  });

  it('decodes character references and drops characters that cannot be sent', () => {
    expect(textOf('&lt;b&gt; &amp; a\u0000b\u202ec \ud83d')).toBe('<b> & abc \ufffd');
  });

  it('treats a text nested deeper than the parser follows as plain', () => {
    const deep = `${'> '.repeat(200)}**word**`;
    expect(formatMarkdown(deep)).toEqual({ text: deep, entities: [] });
  });
});
