import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt } from './search-history.tool.js';

describe('excerpt', () => {
  it('leaves a short text whole, on one line', () => {
    expect(excerpt('two\nlines  here', 'lines', 100)).toBe('two lines here');
  });

  it('shows the surroundings of the match', () => {
    const text = `${'before '.repeat(100)}the Needle itself ${'after '.repeat(100)}`;
    const shown = excerpt(text, 'needle', 60);
    expect(shown).toMatch(/^….*before the Needle itself after .*…$/);
  });

  it('shows the beginning without a match', () => {
    expect(excerpt('abcdefghij'.repeat(10), '-"(*', 10)).toBe('abcdefghij…');
  });

  it('keeps to its length and never cuts a character in two, whatever the text and the query', () => {
    const unit = fc.constantFrom('a', 'b', ' ', '😀', '(', '\\', 'é');
    fc.assert(
      fc.property(
        fc.string({ unit, minLength: 15, maxLength: 100 }),
        fc.string({ unit, maxLength: 2 }),
        (text, query) => {
          const shown = excerpt(text, query, 20);
          expect(shown.length).toBeLessThanOrEqual(22);
          expect(shown.isWellFormed()).toBe(true);
        },
      ),
    );
  });
});
