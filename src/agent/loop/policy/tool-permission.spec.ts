import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, permits } from './tool-permission.js';

const letters = fc.constantFrom('a', 'b', '_');
const name = fc.string({ unit: letters, minLength: 1, maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*'), minLength: 1, maxLength: 12 });
const rules = fc.record({
  allow: fc.option(fc.array(pattern, { maxLength: 4 })),
  deny: fc.array(pattern, { maxLength: 3 }),
});

describe('A pattern', () => {
  it('matches like the equivalent regular expression', () => {
    fc.assert(
      fc.property(pattern, name, (given, tool) => {
        const regex = new RegExp(`^${given.replaceAll('*', '.*')}$`);
        expect(matches(given, tool)).toBe(regex.test(tool));
      }),
    );
  });

  it('without a star is a name, and one star is every name', () => {
    expect(matches('calculate', 'calculate')).toBe(true);
    expect(matches('calculate', 'calculator')).toBe(false);
    expect(matches('*', 'calculate')).toBe(true);
    expect(matches('github_*', 'github_create_issue')).toBe(true);
    expect(matches('github_*', 'my_github_')).toBe(false);
  });

  it('is never slow', () => {
    const startedAt = performance.now();
    for (let round = 0; round < 1_000; round += 1) matches('a*'.repeat(32), `${'a'.repeat(63)}b`);
    // A backtracking matcher would run for days.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});

describe('Permission', () => {
  it('is the intersection of all rules, in any order', () => {
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 4 }), name, (all, tool) => {
        expect(permits(all, tool)).toBe(all.every((one) => permits([one], tool)));
        expect(permits(all.toReversed(), tool)).toBe(permits(all, tool));
      }),
    );
  });

  it('never grows by another rule', () => {
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 3 }), rules, name, (all, more, tool) => {
        if (permits([...all, more], tool)) expect(permits(all, tool)).toBe(true);
      }),
    );
  });

  it('is refused to denied tools, whatever allows them', () => {
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 3 }), name, (all, tool) => {
        expect(permits([...all, { allow: [tool, '*'], deny: [tool] }], tool)).toBe(false);
      }),
    );
  });

  it('is everything without rules, and nothing if nothing is allowed', () => {
    expect(permits([], 'any')).toBe(true);
    expect(permits([{ allow: null, deny: [] }], 'any')).toBe(true);
    expect(permits([{ allow: [], deny: [] }], 'any')).toBe(false);
  });
});
