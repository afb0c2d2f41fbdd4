import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oddThrows } from '../../../test/support/odd-throws.js';
import { StrayError } from './stray-errors.js';
import { errorOf, messageOf } from './errors.js';

describe('Anything thrown', () => {
  it('is kept as it is if its properties can be read', () => {
    const error = new TypeError('plain');
    expect([errorOf(error), new StrayError(error).cause]).toEqual([error, error]);
  });

  it.each(Object.entries(oddThrows))('has a message, and can stray: %s', (_, thrown) => {
    expect(typeof messageOf(thrown)).toBe('string');
    expect(errorOf(thrown)).toBeInstanceOf(Error);
    expect(new StrayError(thrown).message).toBe(messageOf(thrown));
  });

  it('has a message, and can stray, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
        expect(typeof messageOf(thrown)).toBe('string');
        expect(typeof new StrayError(thrown).message).toBe('string');
      }),
    );
  });
});
