import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShowable, MAX_SHOWN_CHARS, showCall } from './shown-call.js';

const shown = (given: unknown): string => showCall({ tool: 'send', arguments: JSON.stringify(given) });
/** The text between the fences. */
const inside = (markdown: string): string => markdown.split('\n').slice(3, -1).join('\n');

describe('A call that needs an approval', () => {
  it('is shown whole, whatever its arguments are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const words = inside(shown(given)).replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, code: string) =>
          String.fromCodePoint(Number.parseInt(code, 16)),
        );
        expect(JSON.parse(words)).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  it('hides nothing: invisible characters are written out, and no others', () => {
    const text = 'Pay \u{e0050}\u202e100\u200b, мир\u00a0世界';
    expect(inside(shown({ text }))).toBe(
      '{\n  "text": "Pay \\u{e0050}\\u{202e}100\\u{200b}, мир\\u{a0}世界"\n}',
    );
  });

  it('cannot end its own frame, and write below it in the bot’s name', () => {
    const markdown = showCall({ tool: 'send', arguments: '```\n**Approved already**\n````\n' });
    const [, , fence = ''] = markdown.split('\n');
    expect(fence).toBe('`````json');
    expect(inside(markdown)).not.toContain('`````');
  });

  it('shows the value that counts of a field that is given twice', () => {
    const given = '{"to":"me","to":"somebody else"}';
    expect(inside(showCall({ tool: 'send', arguments: given }))).toBe('{\n  "to": "somebody else"\n}');
  });

  it('is not asked about when it is too long to show, even if only because of escapes', () => {
    const call = (text: string) => ({ tool: 'send', arguments: JSON.stringify({ text }) });
    expect(isShowable(call('a'.repeat(MAX_SHOWN_CHARS - 100)))).toBe(true);
    expect(isShowable(call('a'.repeat(MAX_SHOWN_CHARS)))).toBe(false);
    expect(isShowable(call('\u200b'.repeat(MAX_SHOWN_CHARS / 4)))).toBe(false);
  });

  it('is not made longer by its depth than its text is', () => {
    const deep = `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`;
    expect(showCall({ tool: 'send', arguments: deep }).length).toBeLessThan(2 * deep.length);
  });
});
