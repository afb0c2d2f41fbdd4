import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits } from './amount.js';
import { transcriptionCost, maxTranscriptionCost, soundTokens } from './transcription-cost.js';

describe('The cost of a transcription', () => {
  it('is Whisper’s price a minute, although it is counted in tokens', () => {
    const minute = { model: 'whisper-1', inputTokens: soundTokens(60), outputTokens: 0 };
    expect(transcriptionCost(new Map(), minute)).toEqual({ tokens: 600n, microUsd: 6_000n });
  });

  it('is the model’s price for sound if it has one', () => {
    const usage = { model: 'gpt-4o-transcribe', inputTokens: 1_000, outputTokens: 100 };
    // $6 a million for sound, not the $2.50 of text; $10 for what it writes.
    expect(transcriptionCost(new Map(), usage)).toEqual({ tokens: 1_100n, microUsd: 7_000n });
  });

  it('is zero for a model without a price', () => {
    const usage = { model: 'own', inputTokens: 7, outputTokens: 3 };
    expect(transcriptionCost(new Map(), usage)).toEqual({ tokens: 10n, microUsd: 0n });
  });

  it('is at most the reservation for its length', () => {
    const models = fc.constantFrom('whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe', 'own');
    fc.assert(
      fc.property(models, fc.double({ min: 0, max: 20_000, noNaN: true }), (model, seconds) => {
        const usage = { model, inputTokens: soundTokens(seconds), outputTokens: Math.floor(seconds * 5) };
        const used = transcriptionCost(new Map(), usage);
        expect(fits(used, maxTranscriptionCost(new Map(), model, seconds))).toBe(true);
      }),
    );
  });
});
