import { array, assert, integer, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../platform/errors/redactor.js';
import { jsonOnTerminal, onTerminal } from './cli-session.js';
import { runCli } from './run-cli.js';

const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('The output of the command line', () => {
  it.each([
    ['an escape sequence', '\u001b[2Jx', String.raw`\u{1b}[2Jx`],
    ['the control sequence introducer of eight bits', '\u009b31mx', String.raw`\u{9b}31mx`],
    ['a mark that turns the direction of writing', 'gpj.\u202eexe', String.raw`gpj.\u{202e}exe`],
    ['isolates', '\u2066x\u2069', String.raw`\u{2066}x\u{2069}`],
    ['a sign without a width', 'pay\u200bpal', String.raw`pay\u{200b}pal`],
    ['tag characters', 'x\u{e0041}\u{e007f}', String.raw`x\u{e0041}\u{e007f}`],
    ['a separator of lines', 'one\u2028two', String.raw`one\u{2028}two`],
    ['a carriage return', 'safe\rfake', String.raw`safe\u{d}fake`],
    ['a character of nobody', 'x\ue000', String.raw`x\u{e000}`],
  ])('has no %s', (_what, text, printed) => {
    expect(onTerminal(text)).toBe(printed);
  });

  it('keeps words of any language, and lines', () => {
    const text = 'Ünïcödé こんにちは שלום 👍\nsecond line';
    expect(onTerminal(text)).toBe(text);
    expect(onTerminal('one\ttwo')).toBe('one\ttwo');
  });

  it('has no invisible character, whatever it is given', () => {
    assert(
      property(array(integer({ min: 0, max: 0x10ffff })), (points) => {
        expect(onTerminal(String.fromCodePoint(...points))).not.toMatch(UNSEEN);
      }),
    );
  });

  it('is equivalent JSON without invisible characters', () => {
    assert(
      property(jsonValue(), (value) => {
        const printed = jsonOnTerminal(value, new Redactor([]));
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(printed).not.toMatch(UNSEEN);
      }),
    );
    const text = 'gpj.\u202eexe \u009b31m \u{e0041} \t"';
    const printed = jsonOnTerminal({ text }, new Redactor([]));
    expect(printed).toBe(
      String.raw`{
  "text": "gpj.\u202eexe \u009b31m \udb40\udc41 \t\""
}`,
    );
  });

  it('has no secret, in a text or a name', () => {
    const redactor = new Redactor(['123456', 'quoted"secret']);
    const value = {
      said: ['was 123456', 'quoted"secret'],
      at: new Date(0),
      count: 123456,
      'of 123456': null,
    };
    expect(JSON.parse(jsonOnTerminal(value, redactor))).toEqual({
      said: ['was [redacted]', '[redacted]'],
      at: '1970-01-01T00:00:00.000Z',
      count: 123456,
      'of [redacted]': null,
    });
  });

  it('follows these rules for every command, errors and their hints too', async () => {
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
    expect(printed.err).toMatch(/LOG_LEVEL[\s\S]*unknown command 'no\\u\{1b\}\[2Jthing'/);
    expect(printed.out + printed.err).not.toMatch(UNSEEN);
  });

  it('keeps tabs and line breaks', async () => {
    let text = '';
    const sink = { write: (more: string) => (text += more) };
    await runCli(['env-example'], () => ({}), sink, sink);
    expect(text).toContain('\n# TELEGRAM_MODE=auto\n');
  });
});
