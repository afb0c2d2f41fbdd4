import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepeatedCalls } from './repeated-calls.js';

const call = (name: string, given = '{}') => ({ name, arguments: given });
const calls = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b'), arguments: fc.constantFrom('{"n":1}', '{ "n": 1 }', '{}') }),
);

describe('Repeated calls', () => {
  it('are made twice, and not a third time', () => {
    const repeats = new RepeatedCalls();
    const outcomes = Array.from({ length: 3 }, () => repeats.count([call('a')], 0));
    expect(outcomes).toEqual([[false], [false], [true]]);
    expect(repeats.exhausted).toBe(false);
    expect(repeats.count([call('a', ' {} ')], 0)).toEqual([true]);
    expect(repeats.exhausted).toBe(true);
  });

  it('are distinct with other arguments, or for another tool', () => {
    const repeats = new RepeatedCalls();
    for (let n = 0; n < 20; n += 1)
      expect(repeats.count([call('a', `{"n":${n}}`), call(`b${n}`)], 0)).toEqual([false, false]);
    expect(repeats.exhausted).toBe(false);
  });

  it('are counted anew after a message has joined the turn', () => {
    const repeats = new RepeatedCalls();
    const outcomes = [0, 0, 1, 1, 1, 2].map((joined) => repeats.count([call('a')], joined));
    expect(outcomes.flat()).toEqual([false, false, false, false, true, false]);
    expect(repeats.exhausted).toBe(false);
  });

  it('have one count, however the calls are spread over answers', () => {
    fc.assert(
      fc.property(calls, fc.nat(10), (all, cut) => {
        const [one, parts] = [new RepeatedCalls(), new RepeatedCalls()];
        const together = one.count(all, 0);
        expect([...parts.count(all.slice(0, cut), 0), ...parts.count(all.slice(cut), 0)]).toEqual(together);
        expect(parts.exhausted).toBe(one.exhausted);
      }),
    );
  });

  it('are refused from the third on and never before, whichever come in between', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const seen = new Map<string, number>();
        const refused = new RepeatedCalls().count(all, 0);
        for (const [place, { name, arguments: given }] of all.entries()) {
          const key = `${name} ${JSON.stringify(JSON.parse(given))}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
          expect(refused[place]).toBe((seen.get(key) ?? 0) > 2);
        }
      }),
    );
  });
});
