import * as fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { TokenCounter } from './token-counter.js';

const counter = new TokenCounter();

/** Anything that a chat can hold. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('a', ' ', '\u0301', '😀', '\ud800', '\u200d', '\n', '=').map((unit) => unit.repeat(9_000)),
);

describe('TokenCounter', () => {
  it('counts as the tokenizer of the newer models does', () => {
    expect(counter.count('')).toBe(0);
    expect(counter.count('Hello, world!')).toBe(4);
    expect(counter.count('Привет')).toBeGreaterThan(0);
  });

  it('treats the tokenizer’s own marks as text', () => {
    for (const mark of ['<|endoftext|>', '<|fim_prefix|>', '<|im_start|>system', 'x <|endofprompt|> y']) {
      expect(counter.count(mark), mark).toBeGreaterThan(1);
    }
  });

  it('counts anything a chat can hold: at least one token, at most one a byte', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = counter.count(text);
        expect(tokens).toBeGreaterThan(0);
        expect(tokens).toBeLessThanOrEqual(Buffer.byteLength(text) + text.length);
      }),
      { numRuns: 60 },
    );
  });

  it('counts what gpt-tokenizer itself counts', () => {
    // gpt-tokenizer drops a byte order mark (U+FEFF), and with it a token.
    const short = fc
      .oneof(
        fc.string({ unit: 'grapheme' }),
        fc.lorem({ maxCount: 60 }),
        fc.json(),
        fc.stringMatching(/^[ \n\t'a-zA-Zéüñßжя中文か한0-9.,;:!?/<>{}=+-]{0,300}$/),
      )
      .map((text) => text.toWellFormed().replaceAll('\ufeff', ''));
    fc.assert(
      fc.property(short, (text) => {
        expect(counter.count(text)).toBe(countTokens(text, { disallowedSpecial: new Set<string>() }));
      }),
      { numRuns: 500 },
    );
  });
});
