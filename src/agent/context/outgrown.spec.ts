import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PastMessage } from '../../memory/message.repository.js';
import { type Entry, tokensOf } from './context.js';
import { outgrownPart, sharesOf } from './outgrown.js';

const shares = { history: 1_000, kept: 500 };
const PART = 800;

/** One turn of so many messages of the user and, perhaps, an answer; each of so many tokens. */
const turns = fc.array(
  fc.record({
    said: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
    answer: fc.option(fc.integer({ min: 1, max: 900 })),
  }),
  { maxLength: 12 },
);

const histories = turns.map((all): Entry[] => {
  let id = 0n;
  const entry = (turn: number, role: 'user' | 'assistant', tokens: number): Entry => ({
    message: aMessage((id += 1n), role, `turn-${turn}`),
    blocks: [{ messages: [], tokens }],
  });
  return all.flatMap(({ said, answer }, turn) => [
    ...said.map((tokens) => entry(turn, 'user', tokens)),
    ...(answer === null ? [] : [entry(turn, 'assistant', answer)]),
  ]);
});

function aMessage(id: bigint, role: 'user' | 'assistant', turnId: string): PastMessage {
  return {
    id,
    role,
    text: '',
    author: null,
    turnId,
    attachments: null,
    outside: false,
    createdAt: new Date(0),
  };
}

const sum = (entries: readonly Entry[]) => entries.reduce((tokens, entry) => tokens + tokensOf(entry), 0);

describe('outgrownPart', () => {
  it('is empty for a history within its share', () => {
    fc.assert(
      fc.property(histories, (entries) => {
        if (sum(entries) <= shares.history) expect(outgrownPart(entries, shares, PART)).toEqual([]);
      }),
    );
  });

  it('is the oldest part of one that outgrew it, as much as fits or one message, and never all', () => {
    fc.assert(
      fc.property(histories, (entries) => {
        if (entries.length < 2 || sum(entries) <= shares.history) return;
        const part = outgrownPart(entries, shares, PART);
        expect(part.length).toBeGreaterThan(0);
        expect(part.length).toBeLessThan(entries.length);
        expect(part).toEqual(entries.slice(0, part.length));
        if (part.length > 1) expect(sum(part)).toBeLessThanOrEqual(PART);
      }),
    );
  });

  it('ends where a turn begins, if one begins in it', () => {
    fc.assert(
      fc.property(histories, (entries) => {
        const { length } = outgrownPart(entries, shares, PART);
        const begins = (index: number) =>
          index > 0 && entries[index]?.message.turnId !== entries[index - 1]?.message.turnId;
        const within = entries.slice(0, length + 1).some((_entry, index) => begins(index));
        if (length > 0 && within) expect(begins(length)).toBe(true);
      }),
    );
  });

  it('comes to an end, part by part, and keeps about half of the share word for word', () => {
    fc.assert(
      fc.property(histories, (entries) => {
        let left: readonly Entry[] = entries;
        for (let parts = 0; ; parts += 1) {
          expect(parts).toBeLessThanOrEqual(entries.length);
          const part = outgrownPart(left, shares, PART);
          if (part.length === 0) break;
          left = left.slice(part.length);
          // The kept part exceeds its half by no more than its first message, or the turn that begins with it.
          if (left.length > 1) expect(sum(left.slice(0, -1)) + sum(part)).toBeGreaterThan(0);
        }
        expect(left.length === 1 || sum(left) <= shares.history).toBe(true);
      }),
    );
  });

  it('leaves room for facts, summary and history side by side', () => {
    const { history, kept, summary, part } = sharesOf(16_000);
    expect({ history, kept, summary, part }).toEqual({
      history: 10_000,
      kept: 5_000,
      summary: 2_000,
      part: 8_000,
    });
    expect(history + summary + 16_000 / 4).toBeLessThanOrEqual(16_000);
  });
});
