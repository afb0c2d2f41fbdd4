import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withinTokens } from './tool-output.js';

const characters = (text: string): number => text.length;

describe('withinTokens', () => {
  it('keeps a text that fits, and the beginning of one that does not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 400 }),
        fc.integer({ min: 1, max: 200 }),
        (text, limit) => {
          const kept = withinTokens(text, limit, characters);
          expect(kept.length).toBeLessThanOrEqual(limit);
          expect(text.startsWith(kept)).toBe(true);
          expect(kept.isWellFormed()).toBe(text.isWellFormed());
          if (text.length <= limit) expect(kept).toBe(text);
        },
      ),
    );
  });
});
