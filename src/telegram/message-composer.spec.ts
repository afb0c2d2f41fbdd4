import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeMessages } from './message-composer.js';
import { anyText, numberedMarkdown } from './formatting/markdown.fixture.js';
import { refusalOf } from './formatting/telegram-refusal.fixture.js';

const refusals = (markdown: string) => composeMessages(markdown).flatMap((part) => refusalOf(part) ?? []);
const shown = (markdown: string) =>
  composeMessages(markdown)
    .map(({ text }) => text)
    .join('\n');

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');
const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}x${close.repeat(depth)}`;

describe('composeMessages', () => {
  it('makes messages of any text that Telegram does not refuse', () => {
    const promise = fc.property(anyText, (text) => {
      expect(refusals(text)).toEqual([]);
    });
    fc.assert(promise, { numRuns: 3000 });
  });

  it('makes messages of any Markdown that Telegram does not refuse', () => {
    const promise = fc.property(numberedMarkdown, ({ markdown }) => {
      expect(refusals(markdown)).toEqual([]);
    });
    fc.assert(promise, { numRuns: 1000 });
  });

  it('loses no word and keeps their order', () => {
    const promise = fc.property(numberedMarkdown, ({ markdown, words }) => {
      expect(shown(markdown).match(/q\d+z/g) ?? []).toEqual(words);
    });
    fc.assert(promise, { numRuns: 1000 });
  });

  it('keeps every letter and digit of a plain text', () => {
    const unit = fc.constantFrom('a', 'b', '1', ' ', '\n', '漢', '🙂', 'é', '*', '_', '~');
    const promise = fc.property(fc.string({ unit, maxLength: 400 }), (text) => {
      expect(letters(shown(text))).toBe(letters(text));
    });
    fc.assert(promise);
  });

  it.each(['', ' \n\t ', '\u200b', '\u0000', '\u2800', '\ufe0f'])(
    'says … where %j shows nothing',
    (blank) => {
      expect(composeMessages(blank)).toEqual([{ text: '…', entities: [] }]);
    },
  );

  it.each(['#', '```', '1.', '- ', '>'])(
    'shows %j as it is, for as Markdown it would be empty',
    (markdown) => {
      expect(shown(markdown)).toMatch(/\S/);
      expect(refusals(markdown)).toEqual([]);
    },
  );

  it('makes several messages of a long answer', () => {
    const lines = Array.from({ length: 600 }, (_, i) => `**Line ${i}** with _some_ words & <signs> 🙂.`);
    const parts = composeMessages(lines.join('\n\n'));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every((part) => part.text.endsWith('🙂.'))).toBe(true);
    expect(parts.flatMap((part) => refusalOf(part) ?? [])).toEqual([]);
  });
});

describe('composeMessages, given hostile input', () => {
  const size = 200_000;
  const filled = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

  it.each<[string, string]>([
    ['5,000 nested quotes', nested('> ', '', 5000)],
    ['5,000 nested lists', nested('- ', '', 5000)],
    ['5,000 nested numbered lists', nested('1. ', '', 5000)],
    ['5,000 nested brackets', nested('[', ']', 5000)],
    ['5,000 nested links', nested('[', '](b)', 5000)],
    ['5,000 nested images', nested('![', '](b)', 5000)],
    ['30,000 nested emphases', '*a '.repeat(30_000) + ' a*'.repeat(30_000)],
    ['indented list steps', Array.from({ length: 600 }, (_, i) => `${'  '.repeat(i)}- a`).join('\n')],
    ['brackets', filled('[')],
    ['image openers', filled('![')],
    ['link openers', filled('[a](')],
    ['bold openers', filled('**a *a ')],
    ['backtick runs', Array.from({ length: 600 }, (_, i) => '`'.repeat(i)).join(' ')],
    ['maths openers', filled('\\(')],
    ['code in bold', `**a ${filled('`a` ')}**`],
    ['tables', filled('|a|b|\n|-|-|\n|c|d|\n\n')],
    ['a table of empty cells', `|${' a |'.repeat(1000)}\n|${'-|'.repeat(1000)}\n${filled('|||||x|\n')}`],
    ['a table of one word', `|a|\n|-|\n|${filled('数')}|`],
    ['lazy lines in deep quotes', `${'> '.repeat(30)}a\n${filled('b\n')}`],
    ['one grapheme', `a${filled('\u0301')}`],
    ['flags without a space', filled('🇩🇪🇫🇷')],
    ['lone surrogates', filled('\ud83d a')],
  ])('answers %s', { timeout: 60_000 }, (_name, markdown) => {
    const parts = composeMessages(markdown);
    expect(parts.flatMap((part) => refusalOf(part) ?? [])).toEqual([]);
    expect(parts.length).toBeLessThan(300);
  });
});
