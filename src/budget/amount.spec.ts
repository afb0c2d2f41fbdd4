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
const tokensOf = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens });

const both = ({ tokens, microUsd }: Amount, holds: (value: bigint) => boolean) =>
  holds(tokens) && holds(microUsd);

describe('Amounts', () => {
  it('fit a limit exactly up to its rest', () => {
    fc.assert(
      fc.property(amount, amount, limit, (used, more, most) => {
        if (fits(used, most)) expect(fits(more, left(most, used))).toBe(fits(plus(used, more), most));
        else expect(fits(plus(used, more), most)).toBe(false);
      }),
    );
  });

  it('are never negative, and the part beyond a limit completes the sum', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(both(beyond(a, b), (value) => value >= 0n)).toBe(true);
        expect(beyond(plus(a, b), b)).toEqual(a);
        expect(beyond(a, plus(a, b))).toEqual({ tokens: 0n, microUsd: 0n });
      }),
    );
  });

  it('fit the tighter of two limits if they fit both', () => {
    fc.assert(
      fc.property(amount, limit, limit, (some, a, b) => {
        expect(fits(some, tighter(a, b))).toBe(fits(some, a) && fits(some, b));
      }),
    );
  });
});

describe('Costs', () => {
  it('are rounded up, by less than a millionth of a dollar', () => {
    fc.assert(
      fc.property(tokens, tokens, price, (input, output, by) => {
        const exact = BigInt(input) * by.input + BigInt(output) * by.output;
        const beyondExact = costOf(by, tokensOf(input, output)) * 1_000_000n - exact;
        expect(beyondExact >= 0n && beyondExact < 1_000_000n).toBe(true);
      }),
    );
  });

  it('of two calls are no less than the cost of their sum', () => {
    fc.assert(
      fc.property(tokens, tokens, price, (a, b, by) => {
        const apart = costOf(by, tokensOf(a, b)) + costOf(by, tokensOf(b, a));
        expect(apart >= costOf(by, tokensOf(a + b, a + b))).toBe(true);
      }),
    );
  });

  it('follow the price list', () => {
    // gpt-5.4-mini: $0.75 and $4.50 a million.
    const mini = { input: 750_000n, output: 4_500_000n };
    expect(costOf(mini, tokensOf(1_000_000, 1_000_000))).toBe(5_250_000n);
    expect(costOf(mini, tokensOf(1, 0))).toBe(1n);
    expect(costOf(mini, tokensOf(0, 2))).toBe(9n);
    expect(costOf(mini, tokensOf(0, 0))).toBe(0n);
  });

  it('count tokens read from a cache, and written to it, at their own rates', () => {
    const cached = { input: 2_000_000n, output: 10_000_000n, cachedInput: 200_000n, cacheWrite: 2_500_000n };
    const usage = {
      inputTokens: 100_000,
      cachedTokens: 60_000,
      cacheWriteTokens: 30_000,
      outputTokens: 1_000,
    };
    // 10,000 at $2, 60,000 at $0.20, 30,000 at $2.50, 1,000 at $10.
    expect(costOf(cached, usage)).toBe(20_000n + 12_000n + 75_000n + 10_000n);
    expect(costOf({ input: 2_000_000n, output: 10_000_000n }, usage)).toBe(210_000n);
  });

  it('count a whole long request at its own price', () => {
    const long = { input: 6_000_000n, output: 22_500_000n };
    const tiered = { input: 3_000_000n, output: 15_000_000n, longer: [{ above: 200_000, price: long }] };
    expect(costOf(tiered, tokensOf(200_000, 1_000))).toBe(615_000n);
    expect(costOf(tiered, tokensOf(200_001, 1_000))).toBe(1_222_506n);
  });
});
