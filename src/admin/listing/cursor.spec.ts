import { BadRequestException } from '@nestjs/common';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeIdCursor,
  decodeNumberCursor,
  decodeTimeCursor,
  encodeIdCursor,
  encodeNumberCursor,
  encodeTimeCursor,
} from './cursor.js';

const micros = fc.bigInt({ min: 0n, max: 8_000_000_000_000_000n });
const decoders = [decodeTimeCursor, decodeNumberCursor, decodeIdCursor];

describe('The cursors', () => {
  it('are read back as they were made, and are safe in a URL', () => {
    fc.assert(
      fc.property(micros, fc.uuid(), (time, id) => {
        const cursor = encodeTimeCursor({ micros: time, id });
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeTimeCursor(cursor)).toEqual({ micros: time, id });
        expect(decodeIdCursor(encodeIdCursor(id))).toBe(id);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (id) => {
        expect(decodeNumberCursor(encodeNumberCursor(id))).toBe(id);
      }),
    );
  });

  it('of one listing are refused by the others', () => {
    const id = '0192d3a4-0000-7000-8000-000000000000';
    const [time, number, plain] = [
      encodeTimeCursor({ micros: 1n, id }),
      encodeNumberCursor(7n),
      encodeIdCursor(id),
    ];
    for (const [decode, cursors] of [
      [decodeTimeCursor, [number, plain]],
      [decodeNumberCursor, [time, plain]],
      [decodeIdCursor, [time, number]],
    ] as const) {
      for (const cursor of cursors) expect(() => decode(cursor)).toThrow(BadRequestException);
    }
  });

  it.each([
    '',
    'xyz',
    '\0garbage',
    'null',
    'a'.repeat(10_000),
    `${encodeNumberCursor(7n)}=`,
    ` ${encodeNumberCursor(7n)}`,
    ...[
      null,
      1,
      'text',
      {},
      [],
      [1],
      [null],
      ['-1'],
      ['01'],
      ['9223372036854775808'],
      ['1e3'],
      ['1', "' OR 1=1"],
    ].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    Buffer.from('["7" ]').toString('base64url'),
  ])('refuse %j', (cursor) => {
    for (const decode of decoders) expect(() => decode(cursor)).toThrow(BadRequestException);
  });

  it('refuse any other text with a 400', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (cursor) => {
        for (const decode of decoders) {
          try {
            decode(cursor);
          } catch (error) {
            expect(error).toBeInstanceOf(BadRequestException);
          }
        }
      }),
    );
  });
});
