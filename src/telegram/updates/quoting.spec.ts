import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { label, quotation } from './quoting.js';

const text = fc.string({
  unit: fc.constantFrom('a', '>', '[', ']', '\n', '\r', '\u2028', '\u0085', '🙂', ' '),
});

describe('quotation', () => {
  it('marks every line, whatever begins one, and keeps every word', () => {
    fc.assert(
      fc.property(text, (said) => {
        const lines = quotation(said).split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
        expect(lines.every((line) => line.startsWith('> '))).toBe(true);
        const words = (of: string) => of.match(/[^\s\u0085>]+/g) ?? [];
        expect(words(lines.join('\n'))).toEqual(words(said));
      }),
    );
  });
});

describe('label', () => {
  it('is one line without brackets', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (name, limit) => {
        const shown = label(name, limit);
        expect(shown).not.toMatch(/[[\]\n\r\u0085\u2028\u2029]/);
        expect(shown.length).toBeLessThanOrEqual(limit + 1);
        expect(shown.isWellFormed()).toBe(true);
      }),
    );
  });
});
