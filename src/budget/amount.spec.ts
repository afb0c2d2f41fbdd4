import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amount, beyond, costOf, fits, left, plus, tighter } from './amount.js';

const whole = fc.bigInt({ min: 0n, max: 10n ** 15n });
const amount = fc.record({ tokens: whole, microUsd: whole });
const limit = fc.record({
  tokens: fc.option(whole),
  microUsd: fc.option(whole),
});
const tokens = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const price = fc.record({ input: whole, output: whole });

const both = ({ tokens, microUsd }: Amount, holds: (value: bigint) => boolean) =>
  holds(tokens) && holds(microUsd);

describe('amounts', () => {
  it('fit a limit exactly as far as what it leaves', () => {
    fc.assert(
      fc.property(amount, amount, limit, (used, more, most) => {
        if (fits(used, most)) expect(fits(more, left(most, used))).toBe(fits(plus(used, more), most));
        else expect(fits(plus(used, more), most)).toBe(false);
      }),
    );
  });

  it('are never less than nothing, and what is beyond fills up to the whole', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(both(beyond(a, b), (value) => value >= 0n)).toBe(true);
        expect(beyond(plus(a, b), b)).toEqual(a);
        expect(beyond(a, plus(a, b))).toEqual({ tokens: 0n, microUsd: 0n });
      }),
    );
  });

  it('fit the tighter of two limits where they fit both', () => {
    fc.assert(
      fc.property(amount, limit, limit, (some, a, b) => {
        expect(fits(some, tighter(a, b))).toBe(fits(some, a) && fits(some, b));
      }),
    );
  });
});

describe('costs', () => {
  it('are rounded up, by less than a millionth of a dollar', () => {
    fc.assert(
      fc.property(tokens, tokens, price, (input, output, by) => {
        const exact = BigInt(input) * by.input + BigInt(output) * by.output;
        const beyondExact = costOf(by, input, output) * 1_000_000n - exact;
        expect(beyondExact >= 0n && beyondExact < 1_000_000n).toBe(true);
      }),
    );
  });

  it('of two calls are no less than that of one that is both', () => {
    fc.assert(
      fc.property(tokens, tokens, price, (a, b, by) => {
        const apart = costOf(by, a, b) + costOf(by, b, a);
        expect(apart >= costOf(by, a + b, a + b)).toBe(true);
      }),
    );
  });

  it('are what the price list says', () => {
    // gpt-5.4-mini: $0.75 and $4.50 a million.
    const mini = { input: 750_000n, output: 4_500_000n };
    expect(costOf(mini, 1_000_000, 1_000_000)).toBe(5_250_000n);
    expect(costOf(mini, 1, 0)).toBe(1n);
    expect(costOf(mini, 0, 2)).toBe(9n);
    expect(costOf(mini, 0, 0)).toBe(0n);
  });
});
