import * as fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { smallestIdOf } from './ids.js';

describe('smallestIdOf', () => {
  it('lies between the ids made before a time and those made from it on', () => {
    const times = fc.integer({ min: 1, max: 2 ** 47 });
    fc.assert(
      fc.property(times, (msecs) => {
        const bound = smallestIdOf(new Date(msecs));
        expect(v7({ msecs: msecs - 1 }) < bound).toBe(true);
        expect(v7({ msecs }) >= bound).toBe(true);
      }),
    );
  });
});
