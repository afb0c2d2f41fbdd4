import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalArguments } from './canonical-json.js';

/** The same value with the keys of its objects in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, shuffled(field)]),
  );
}

const fields = fc.dictionary(fc.string(), fc.jsonValue());

describe('Arguments in one spelling', () => {
  it('are the same in any order and spacing', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const spaced = ` ${JSON.stringify(shuffled(given), null, 3)}\n`;
        expect(canonicalArguments(spaced)).toBe(canonicalArguments(JSON.stringify(given)));
      }),
    );
  });

  it('are different for different values', () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        const same = canonicalArguments(JSON.stringify(one)) === canonicalArguments(JSON.stringify(other));
        // Compared as JSON, without absent fields.
        const given = (value: object) =>
          Object.fromEntries(
            Object.entries(JSON.parse(JSON.stringify(value))).filter(([, field]) => field !== null),
          );
        const equal = JSON.stringify(sortedCopy(given(one))) === JSON.stringify(sortedCopy(given(other)));
        expect(same).toBe(equal);
      }),
    );
    expect(canonicalArguments('{"a":[1,2]}')).not.toBe(canonicalArguments('{"a":[2,1]}'));
    expect(canonicalArguments('{"a":{"b":null}}')).not.toBe(canonicalArguments('{"a":{}}'));
    expect(canonicalArguments('{"a":["fields",["b",1]]}')).not.toBe(canonicalArguments('{"a":{"b":1}}'));
  });

  it('are empty if nothing is given', () => {
    for (const nothing of ['', ' ', '{}', '{"a":null}'])
      expect(canonicalArguments(nothing)).toBe(canonicalArguments('{}'));
  });

  it('stay as they are if they are not JSON, or too deep', () => {
    expect(canonicalArguments(' {"a": ')).toBe('{"a":');
    const deep = `${'['.repeat(49_000)}${']'.repeat(49_000)}`;
    expect(canonicalArguments(deep)).toBe(deep);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => canonicalArguments(text)).not.toThrow();
      }),
    );
  });
});

function sortedCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedCopy);
  if (typeof value !== 'object' || value === null) return value;
  return {
    fields: Object.entries(value)
      .map(([key, field]) => [key, sortedCopy(field)])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  };
}
