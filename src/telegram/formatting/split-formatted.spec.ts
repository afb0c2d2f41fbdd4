import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarkdown } from './format-markdown.js';
import type { FormattedText } from './formatted-text.js';
import { anyText, numberedMarkdown } from './markdown.fixture.js';
import { splitFormatted } from './split-formatted.js';
import { refusalOf } from './telegram-refusal.fixture.js';

const plain = (text: string): FormattedText => ({ text, entities: [] });
const textsOf = (parts: readonly FormattedText[]) => parts.map(({ text }) => text);
// The parts that a split may leave out: white space at cuts, and invisible parts.
const essence = (text: string) =>
  text.replace(/[\s\p{Default_Ignorable_Code_Point}\u2800\p{Cf}\ufffc]/gu, '');

describe('splitFormatted', () => {
  it('keeps everything but white space, in order, within any limit', () => {
    const texts = fc
      .oneof(
        anyText,
        numberedMarkdown.map(({ markdown }) => markdown),
      )
      .map(formatMarkdown);
    const promise = fc.property(texts, fc.integer({ min: 8, max: 400 }), (text, limit) => {
      const parts = splitFormatted(text, limit);
      expect(parts.flatMap((part) => refusalOf(part, limit) ?? [])).toEqual([]);
      expect(essence(textsOf(parts).join(''))).toBe(essence(text.text));
    });
    fc.assert(promise, { numRuns: 2000 });
  });

  it('keeps every unit of code formatted as code', () => {
    const text = formatMarkdown(`before\n\n\`\`\`ts\n${'const x = 1;\n'.repeat(40)}\`\`\`\n\nafter`);
    const parts = splitFormatted(text, 100);
    const code = parts.flatMap(({ text, entities }) =>
      entities.map(({ offset, length }) => text.slice(offset, offset + length)),
    );
    expect(code.join('\n')).toBe('const x = 1;\n'.repeat(40).trim());
    expect(parts.flatMap(({ entities }) => entities)).toSatisfy((all: unknown[]) =>
      all.every((entity) => JSON.stringify(entity).includes('"language":"ts"')),
    );
  });

  it('returns no part for an invisible text', () => {
    expect(splitFormatted(plain(' \n\u200b'))).toEqual([]);
  });

  it('leaves a text that fits as it is', () => {
    expect(splitFormatted(plain('a'.repeat(4096)))).toEqual([plain('a'.repeat(4096))]);
  });

  it('cuts between blocks rather than lines', () => {
    expect(textsOf(splitFormatted(plain('one one\n\ntwo\ntwo two'), 13))).toEqual([
      'one one',
      'two\ntwo two',
    ]);
  });

  it('cuts between lines rather than sentences', () => {
    expect(textsOf(splitFormatted(plain('One one one\ntwo. Two two'), 18))).toEqual([
      'One one one',
      'two. Two two',
    ]);
  });

  it('cuts between sentences rather than words', () => {
    expect(textsOf(splitFormatted(plain('One two three. Four five'), 20))).toEqual([
      'One two three.',
      'Four five',
    ]);
  });

  it('cuts between words rather than letters', () => {
    expect(textsOf(splitFormatted(plain('one two three four'), 10))).toEqual(['one two', 'three four']);
  });

  it('cuts no grapheme that fits a part', () => {
    const family = '👩‍👩‍👧‍👦';
    const parts = splitFormatted(plain(family.repeat(5)), 25);
    expect(textsOf(parts)).toEqual([family.repeat(2), family.repeat(2), family]);
  });

  it('cuts no surrogate pair, however small the limit', () => {
    expect(textsOf(splitFormatted(plain('🙂🙂a🙂'), 2))).toEqual(['🙂', '🙂', 'a', '🙂']);
    expect(textsOf(splitFormatted(plain('🙂🙂a🙂'), 3))).toEqual(['🙂', '🙂a', '🙂']);
  });

  it('closes an entity at the cut and opens it again behind it', () => {
    const bold = { text: 'one two three four', entities: [{ type: 'bold' as const, offset: 4, length: 9 }] };
    expect(splitFormatted(bold, 10)).toEqual([
      { text: 'one two', entities: [{ type: 'bold', offset: 4, length: 3 }] },
      { text: 'three four', entities: [{ type: 'bold', offset: 0, length: 5 }] },
    ]);
  });

  it('moves a code block whole to the next part where it fits one', () => {
    const text = formatMarkdown('Some words before it.\n\n```\none\n\ntwo\n\nthree\n```');
    expect(textsOf(splitFormatted(text, 32))).toEqual(['Some words before it.', 'one\n\ntwo\n\nthree']);
  });

  it('cuts long code before a line that is not indented', () => {
    const body = 'def f():\n    a = 1\n    b = 2\n';
    const parts = textsOf(splitFormatted(formatMarkdown(`\`\`\`py\n${body.repeat(20)}\`\`\``), 100));
    expect(parts.every((part) => part.startsWith('def f'))).toBe(true);
  });

  it('keeps the indentation of code at a cut', () => {
    const text = formatMarkdown(`\`\`\`py\ndef f():\n${'    a = 1\n'.repeat(40)}\`\`\``);
    const [, ...rest] = textsOf(splitFormatted(text, 100));
    expect(rest.every((part) => part.startsWith('    a'))).toBe(true);
  });

  it('cuts no block that fits a part, however little is before it', () => {
    const block = 'word '.repeat(20).trim();
    expect(textsOf(splitFormatted(plain(`short\n\n${block}\n\nend`), 100))).toEqual(['short', block, 'end']);
    const quoted = formatMarkdown(`some words before\n\n> ${'a '.repeat(20)}\n>\n> ${'b '.repeat(20)}`);
    expect(textsOf(splitFormatted(quoted, 90))[0]).toBe('some words before');
  });

  it('cuts beside a link or a style rather than in it', () => {
    const text = formatMarkdown(
      `${'word '.repeat(10)}**bold words here** and [a link of words](https://example.org)`,
    );
    const parts = splitFormatted(text, 56);
    expect(textsOf(parts)).toEqual(['word '.repeat(10).trim(), 'bold words here and a link of words']);
    expect(parts[1]?.entities).toHaveLength(2);
  });

  it('ends a part before the 101st link, so that every address works', () => {
    const parts = splitFormatted(formatMarkdown('[a](https://example.org) '.repeat(250)));
    expect(parts.map(({ entities }) => entities.length)).toEqual([100, 100, 50]);
  });

  it('drops styles past 100 entities before links', () => {
    const [part] = splitFormatted(formatMarkdown(`${'**a** '.repeat(150)}[a](https://example.org)`));
    expect(part?.entities).toHaveLength(100);
    expect(part?.entities.at(-1)?.type).toBe('text_link');
  });

  it('refuses a limit that some characters exceed', () => {
    expect(() => splitFormatted(plain('a'), 1)).toThrow(RangeError);
  });
});
