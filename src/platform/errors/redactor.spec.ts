import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.js';

const token = '123456:ABC-DEF_ghIkl?/+ü';

/** Encodes some characters, and the result again, this many times. */
function encoded(text: string, which: readonly boolean[], times: number): string {
  const once = [...Buffer.from(text)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      if (byte < 128 && character !== '%' && which[index % which.length]) return character;
      return `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  return times <= 1 ? once : once.replaceAll('%', `%${'25'.repeat(times - 1)}`);
}

describe('The redactor', () => {
  it('takes out a percent-encoded secret, with any characters encoded, in any case, any number of times', () => {
    const redactor = new Redactor([token]);
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (which, times, upper) => {
          const text = encoded(token, which, times);
          const written = upper ? text.replaceAll(/%(25)*[0-9a-f]{2}/g, (hex) => hex.toUpperCase()) : text;
          expect(redactor.text(`https://x/?t=${written}&y=1`)).toBe('https://x/?t=[redacted]&y=1');
        },
      ),
    );
    expect(redactor.text(`t=${encodeURIComponent(token)}`)).toBe('t=[redacted]');
  });

  /** The ways in which languages, protocols and pages escape a character. */
  const escapes: Readonly<Record<string, (character: string) => string>> = {
    itself: (character) => character,
    'a backslash, as PHP puts before a slash': (character) =>
      /[\w\\]/.test(character) ? character : `\\${character}`,
    'JSON in JSON': (character) => JSON.stringify(JSON.stringify(character)).slice(3, -3) || character,
    'a number in JSON': (character) =>
      Array.from(
        { length: character.length },
        (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
      ).join(''),
    'bytes in a text': (character) =>
      Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    'a number in HTML': (character) => `&#${character.codePointAt(0)};`,
    'a number in HTML, of the other kind': (character) =>
      `&#x${character.codePointAt(0)?.toString(16).toUpperCase()};`,
    mail: (character) =>
      Array.from(
        Buffer.from(character),
        (byte) => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`,
      ).join(''),
    'a line that is wrapped': (character) => `${character}\r\n\t`,
    'a sign that nobody sees': (character) => `${character}\u200b`,
  };

  it('takes out a secret with any characters escaped, in any way', () => {
    fc.assert(
      fc.property(
        fc.string({
          minLength: 6,
          maxLength: 40,
          unit: fc.constantFrom(...Array.from('aZ09-_/+.~:?&<>"\'=ü😀')),
        }),
        fc.array(fc.constantFrom(...Object.values(escapes)), { minLength: 1, maxLength: 12 }),
        (secret, ways) => {
          const written = Array.from(secret, (character, index) => ways[index % ways.length]?.(character));
          expect(new Redactor([secret]).text(`key ${written.join('')}`)).toMatch(
            /^key \\*\[redacted\].{0,6}$/s,
          );
        },
      ),
    );
  });

  it('takes out a secret in hexadecimal', () => {
    const hex = Buffer.from(token).toString('hex');
    const redactor = new Redactor([token]);
    expect(redactor.text(`got ${hex}, ${hex.toUpperCase()}`)).toBe('got [redacted], [redacted]');
  });

  it('takes out a secret in base64, whatever stands before and behind it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 8 }),
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom('base64', 'base64url'),
        (secret, before, behind, encoding) => {
          const redactor = new Redactor([secret]);
          const whole = Buffer.concat([before, Buffer.from(secret), behind]).toString(encoding);
          const left = redactor.text(`Basic ${whole}.`);
          expect(left).toContain('[redacted]');
          // One character at each end is shared with its neighbours, and reveals less than a byte.
          const own = Buffer.from(secret).toString(encoding).slice(2, -3);
          if (own.length >= 8) expect(left).not.toContain(own);
        },
      ),
    );
  });

  it('takes out a secret that is encoded twice, whatever stands before and behind it each time', () => {
    const encoding = fc.constantFrom('base64' as const, 'base64url' as const, 'hex' as const);
    const affix = fc.string({ maxLength: 8, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(
        fc.string({ minLength: 9, maxLength: 60, unit: 'grapheme-ascii' }),
        fc.tuple(encoding, encoding),
        fc.array(affix, { minLength: 4, maxLength: 4 }),
        fc.constantFrom('', 'https://x/y/', 'key='),
        (secret, [inner, outer], [a = '', b = '', c = '', d = ''], before) => {
          const once = Buffer.from(`${a}${secret}${b}`).toString(inner);
          const twice = Buffer.from(`${c}${once}${d}`).toString(outer);
          const left = new Redactor([secret]).text(`${before}${twice}`);
          expect(left).toContain('[redacted]');
          expect(left).not.toContain(twice.slice(8, -8) || twice);
        },
      ),
    );
  });

  it('leaves encoded text without a secret', () => {
    const text = Buffer.from(Buffer.from('x'.repeat(100)).toString('base64')).toString('base64');
    expect(new Redactor([token]).text(`data:${text}`)).toBe(`data:${text}`);
  });

  it('takes out a secret within JSON, and one that is part of another', () => {
    const redactor = new Redactor(['a "quoted" key', 'quoted']);
    expect(redactor.text(JSON.stringify({ key: 'a "quoted" key' }))).toBe('{"key":"[redacted]"}');
    expect(redactor.text('quoted')).toBe('[redacted]');
  });

  it('leaves everything else, and takes no word of a few letters for a secret', () => {
    const redactor = new Redactor([token, 'none', '', '12345']);
    for (const text of ['none', '12345', '100 %, 50%25', 'MTIzNDU2', '%zz%', '123456:ABC'])
      expect(redactor.text(text)).toBe(text);
  });

  it('takes out a secret each time, and remembers only what holds none', () => {
    const redactor = new Redactor([token]);
    for (const text of [token, `a ${token}`, 'a name', 'x'.repeat(1_000)])
      expect(redactor.text(text)).toBe(redactor.text(text));
    expect(redactor.text(token)).toBe('[redacted]');
    expect(redactor.text('a name')).toBe('a name');
  });

  it('is fast for a text that nearly holds a secret', () => {
    for (const sign of ['%', '\\', '/', '&', '=', '5', '\n']) {
      const redactor = new Redactor([sign.repeat(40), `${sign.repeat(40)}y`]);
      for (const text of ['%25', '\\', '\\/', '&#38;', '=3D', '\\\\x5c', '\n', '5', '%5c'])
        expect(redactor.text(`${text.repeat(5_000)}x`)).toContain('x');
    }
  });
});
