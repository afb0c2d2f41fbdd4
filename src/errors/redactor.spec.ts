import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.js';

const token = '123456:ABC-DEF_ghIkl?/+ü';

/** Some characters encoded, and those again as often as is said. */
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
  it('takes out a percent-encoded secret, whichever characters are, in whichever case, however often', () => {
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
          // One character at each end is shared with its neighbours, and tells less than a byte.
          const own = Buffer.from(secret).toString(encoding).slice(2, -3);
          if (own.length >= 8) expect(left).not.toContain(own);
        },
      ),
    );
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

  it('is not slowed down by a text that nearly holds a secret', () => {
    const redactor = new Redactor(['%'.repeat(40)]);
    expect(redactor.text(`${'%25'.repeat(5_000)}x`)).toContain('x');
  });
});
