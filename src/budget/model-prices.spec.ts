import { describe, expect, it } from 'vitest';
import { microUsd, parsePrices, priceOf, priceRows } from './model-prices.js';
import { publishedPrice } from './published-prices.js';

describe('The prices', () => {
  it('are read as dollars for a million tokens', () => {
    expect(parsePrices('{"own":{"input":0.75,"output":"4.5"},"free":{"input":0,"output":0}}')).toEqual(
      new Map([
        ['own', { input: 750_000n, output: 4_500_000n }],
        ['free', { input: 0n, output: 0n }],
      ]),
    );
  });

  it.each([
    '',
    '[]',
    'null',
    '{"own":1}',
    '{"own":{"input":1}}',
    '{"own":{"input":-1,"output":1}}',
    '{"own":{"input":1,"output":"x"}}',
    '{"own":{"input":1,"output":1e-7}}',
  ])('refuse %j', (text) => {
    expect(() => parsePrices(text)).toThrow();
  });

  it('of our own cover models that the library does not know, with source and date', () => {
    for (const { model, input, output, source, readOn } of priceRows) {
      expect(publishedPrice(model), `${model} is in the library now: its row can go`).toBeNull();
      expect(priceOf(new Map(), model), model).toEqual({ input: microUsd(input), output: microUsd(output) });
      expect(new URL(source).protocol, model).toBe('https:');
      expect(readOn, model).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });

  it('are the operator’s, else the provider’s, else our own', () => {
    const own = { input: 1n, output: 2n };
    expect(priceOf(new Map([['gpt-5.4-mini', own]]), 'gpt-5.4-mini')).toBe(own);
    expect(priceOf(new Map([['gpt-5.4-mini', own]]), 'gpt-5.4-mini-2026-03-17')).toBe(own);
    expect(priceOf(new Map([['gpt-6.2-sol', own]]), 'gpt-6.2-sol')).toBe(own);
    expect(priceOf(new Map(), 'gpt-5.4-mini')).toMatchObject({ input: 750_000n, output: 4_500_000n });
    expect(priceOf(new Map(), 'gpt-6.2-sol')).toEqual({ input: 2_000_000n, output: 10_000_000n });
  });

  it('hold for a dated name of the same model, and for no other', () => {
    const none = new Map();
    expect(priceOf(none, 'gpt-5.4-mini-2026-03-17')).toEqual(priceOf(none, 'gpt-5.4-mini'));
    expect(priceOf(none, 'gpt-6.2-sol-2026-03-17')).toEqual(priceOf(none, 'gpt-6.2-sol'));
    for (const name of ['gpt-5.4-mini-pro', 'llama', '', '-2026-03-17'])
      expect(priceOf(none, name)).toBeNull();
  });

  it.each([
    ['1', 1_000_000n],
    ['0.05', 50_000n],
    [' 12.000001 ', 12_000_001n],
    ['1.', null],
    ['.5', null],
    ['-1', null],
    ['1e3', null],
    ['0.0000001', null],
    ['$1', null],
  ])('%j dollars are %s millionths', (text, expected) => {
    expect(microUsd(text)).toBe(expected);
  });
});
