import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableColumns } from './printable.js';
import { runCli } from './run-cli.js';

const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('What the command line prints', () => {
  it.each([
    ['an escape sequence', '\u001b[2Jx', ' [2Jx'],
    ['the control sequence introducer of eight bits', '\u009b31mx', ' 31mx'],
    ['a mark that turns the direction of writing', 'gpj.\u202eexe', 'gpj. exe'],
    ['isolates', '\u2066x\u2069', ' x '],
    ['a sign without a width', 'pay\u200bpal', 'pay pal'],
    ['tag characters', 'x\u{e0041}\u{e007f}', 'x  '],
    ['a separator of lines', 'one\u2028two', 'one two'],
    ['a carriage return', 'safe\rfake', 'safe fake'],
    ['a character of nobody', 'x\ue000', 'x '],
  ])('has no %s', (_what, text, printed) => {
    expect(printable(text)).toBe(printed);
  });

  it('keeps words of any language, and lines', () => {
    const text = 'Ünïcödé こんにちは שלום 👍\nsecond line';
    expect(printable(text)).toBe(text);
    expect(printableColumns('one\ttwo')).toBe('one\ttwo');
    expect(printable('one\ttwo')).toBe('one two');
  });

  it('has nothing that cannot be seen, whatever it is given', () => {
    assert(
      property(array(integer({ min: 0, max: 0x10ffff })), (points) => {
        expect(printableColumns(String.fromCodePoint(...points))).not.toMatch(UNSEEN);
      }),
    );
  });

  it('is held to that whichever command it is of, errors and their hints too', async () => {
    const printed = { out: '', err: '' };
    const run = (...words: string[]) =>
      runCli(
        words,
        () => ({ NODE_ENV: 'test', DATABASE_URL: 'postgresql://127.0.0.1:1/x', LOG_LEVEL: 'nois\u202ey' }),
        { write: (text) => (printed.out += text) },
        { write: (text) => (printed.err += text) },
      );
    expect(await run('chats')).toBe(1);
    expect(await run('no\u001b[2Jthing')).toBe(2);
    expect(printed.err).toMatch(/LOG_LEVEL[\s\S]*no command "no \[2Jthing"/);
    expect(printed.out + printed.err).not.toMatch(UNSEEN);
  });
});
