import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inBody, inHeader, parseLocation, readLocation } from './location.js';

const read = (path: readonly string[], json: unknown) => readLocation(inBody(...path), { headers: {} }, json);

describe('A location', () => {
  it.each([
    ['header:X-Request-Id', inHeader('x-request-id')],
    ['body:id', inBody('id')],
    ['body:event.data.0.id', inBody('event', 'data', '0', 'id')],
  ])('is read from %s', (text, location) => {
    expect(parseLocation(text)).toEqual(location);
  });

  it.each(['', 'id', 'header:', 'header:a b', 'body:', 'body:a..b', 'body:.a', 'query:id'])(
    'is not read from %j',
    (text) => {
      expect(parseLocation(text)).toBeNull();
    },
  );

  it('finds texts and integers in objects and lists', () => {
    expect(read(['event', 'id'], { event: { id: 'a' } })).toBe('a');
    expect(read(['0', 'id'], [{ id: 7 }])).toBe('7');
  });

  it.each([
    ['a rounded number', JSON.parse('{"id":9007199254740993}')],
    ['a fraction', { id: 1.5 }],
    ['an empty text', { id: '' }],
    ['a NUL, which PostgreSQL does not store', { id: 'a\0' }],
    ['half a surrogate pair', { id: '\ud800' }],
    ['a long text', { id: 'x'.repeat(256) }],
    ['an object', { id: {} }],
    ['nothing', {}],
    ['an inherited field', Object.create({ id: 'a' })],
    ['no object', null],
  ])('finds no id in %s', (_, json) => {
    expect(read(['id'], json)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.jsonValue(), (path, json) => {
        const found = read(path, json);
        return found === null || found.length > 0;
      }),
    );
  });
});
