import { describe, expect, it } from 'vitest';
import { builtInPrices, microUsd, parsePrices, priceOf, priceRows } from './model-prices.js';

describe('prices', () => {
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

  it('of the table are each of one model, and say where they were read, and when', () => {
    expect(builtInPrices.size).toBe(priceRows.length);
    for (const { model, input, output, source, readOn } of priceRows) {
      expect([microUsd(input), microUsd(output)], model).not.toContain(null);
      expect(new URL(source).protocol, model).toBe('https:');
      expect(readOn, model).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
    }
  });

  it('hold for a dated name of the same model, and for no other', () => {
    expect(priceOf(builtInPrices, 'gpt-5.4-mini-2026-03-17')).toEqual(builtInPrices.get('gpt-5.4-mini'));
    expect(priceOf(builtInPrices, 'gpt-5.4-mini-pro')).toBeNull();
    expect(priceOf(builtInPrices, 'llama')).toBeNull();
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
