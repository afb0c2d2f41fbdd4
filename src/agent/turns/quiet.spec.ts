import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quietLeftMs } from './quiet.js';

const waiting = fc.array(fc.record({ ageMs: fc.integer({ min: 0, max: 60_000 }), inBatch: fc.boolean() }), {
  minLength: 1,
  maxLength: 10,
});

describe('quietLeftMs', () => {
  it('does not wait for a message outside a batch in a chat that does not collect', () => {
    fc.assert(
      fc.property(waiting, (messages) => {
        expect(
          quietLeftMs(
            messages.map(({ ageMs }) => ({ ageMs, inBatch: false })),
            0,
          ),
        ).toBe(0);
      }),
    );
  });

  it('waits until the newest message is as old as the pause, and no longer', () => {
    fc.assert(
      fc.property(waiting, fc.integer({ min: 0, max: 5_000 }), (messages, collectMs) => {
        const left = quietLeftMs(messages, collectMs);
        const later = messages.map(({ ageMs, inBatch }) => ({ ageMs: ageMs + left, inBatch }));
        expect(quietLeftMs(later, collectMs)).toBe(0);
        if (left === 0) return;
        const justBefore = later.map(({ ageMs, inBatch }) => ({ ageMs: ageMs - 1, inBatch }));
        expect(quietLeftMs(justBefore, collectMs)).toBe(1);
      }),
    );
  });

  it('never waits longer than half a minute after the oldest', () => {
    const flood = [
      { ageMs: 29_900, inBatch: false },
      { ageMs: 0, inBatch: true },
    ];
    expect(quietLeftMs(flood, 20_000)).toBe(100);
    expect(quietLeftMs([...flood, { ageMs: 30_000, inBatch: false }], 20_000)).toBe(0);
  });

  it('waits half a second for the rest of a batch, and for a user who collects', () => {
    expect(quietLeftMs([{ ageMs: 100, inBatch: true }], 0)).toBe(400);
    expect(quietLeftMs([{ ageMs: 100, inBatch: true }], 2_000)).toBe(1_900);
  });
});
