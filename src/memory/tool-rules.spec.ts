import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readToolRules, writeToolRules } from './tool-rules.js';

const names = fc.array(fc.string());

describe('Tool rules', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.record({ allow: fc.option(names), deny: names }), (rules) => {
        expect(readToolRules(JSON.parse(JSON.stringify(writeToolRules(rules))))).toEqual(rules);
      }),
    );
  });

  it('allow no tool where they cannot be read, and are null where there are none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(value !== null);
        expect(readToolRules(value)?.allow ?? 'everything').toEqual([]);
      }),
    );
    for (const odd of [{ allow: 'all', deny: [] }, { allow: null }, { allow: [1], deny: [] }, 'x', [], {}])
      expect(readToolRules(odd)).toEqual({ allow: [], deny: [] });
    expect(readToolRules(null)).toBeNull();
  });
});
