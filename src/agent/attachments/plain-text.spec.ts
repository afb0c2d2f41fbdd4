import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePlainText } from './plain-text.js';

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('plainText', () => {
  it.each([
    ['UTF-8', Buffer.from('name;größe\n')],
    ['UTF-8 with a mark', Buffer.from('\ufeffname;größe\n')],
    ['UTF-16 with a mark', Buffer.from('\ufeffname;größe\n', 'utf16le')],
    ['UTF-16 without one', Buffer.from('name;größe\n', 'utf16le')],
    ['UTF-16, the other way round', utf16be('\ufeffname;größe\n')],
    ['UTF-16, the other way round, without a mark', utf16be('name;größe\n')],
    ['Windows-1252', Buffer.from('name;gr\u00f6\u00dfe\n', 'latin1')],
  ])('reads %s', (_, content) => {
    expect(decodePlainText(content)).toBe('name;größe\n');
  });

  it.each([
    ['a ZIP archive', Buffer.from('PK\u0003\u0004\u0014\0\0\0\u0008\0', 'latin1')],
    ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 1])],
    ['control characters', Buffer.from('\u0001\u0002\u0003\u0004abc')],
    ['nothing', Buffer.alloc(0)],
    ['white space', Buffer.from(' \n\t')],
  ])('is not fooled by %s', (_, content) => {
    expect(decodePlainText(content)).toBeNull();
  });

  it('reads back any text written as UTF-8, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const clean = `x${text.replaceAll(/\p{Cc}/gu, '')}`;
        expect(decodePlainText(Buffer.from(clean))).toBe(clean);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodePlainText(Buffer.from(bytes))));
  });
});
