import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForm } from './form-body.js';

const parse = (text: string, encoding: BufferEncoding = 'utf8') => parseForm(Buffer.from(text, encoding));

describe('A form', () => {
  it('has its fields in order, repeated ones too', () => {
    expect(parse('b=1&a=%2B1+x&b=&c=d%3De=f')).toEqual([
      ['b', '1'],
      ['a', '+1 x'],
      ['b', ''],
      ['c', 'd=e=f'],
    ]);
    expect(parse('')).toEqual([]);
  });

  it('is read as URLSearchParams writes it', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.isWellFormed());
    const fields = fc.array(fc.tuple(name, fc.string()), { minLength: 1 });
    fc.assert(
      fc.property(fields, (pairs) => {
        expect(parse(new URLSearchParams(pairs).toString())).toEqual(pairs);
      }),
    );
  });

  it('has at most 1,000 fields', () => {
    expect(parse(Array(1000).fill('a=1').join('&'))).toHaveLength(1000);
    expect(parse(Array(1001).fill('a=1').join('&'))).toBeNull();
  });

  it.each(['a', '=1', 'a=1&', '&a=1', 'a=1&&b=2', 'a=%', 'a=%zz', 'a=%ff', 'a=b c', 'a=ä', 'a=1\n'])(
    'is not %j',
    (text) => {
      expect(parse(text)).toBeNull();
    },
  );
});
