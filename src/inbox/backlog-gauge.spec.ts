import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BacklogGauge } from './backlog-gauge.js';

/** The waiting messages of each conversation, and how often they were counted. */
class Waiting {
  readonly of = new Map<string, number>();
  counts = 0;

  readonly count = (conversationIds: readonly string[], limit: number): Promise<number[]> => {
    this.counts += 1;
    return Promise.resolve(conversationIds.map((id) => Math.min(limit, this.of.get(id) ?? 0)));
  };

  change(conversationId: string, by: number): void {
    this.of.set(conversationId, Math.max(0, (this.of.get(conversationId) ?? 0) + by));
  }
}

const names = fc.constantFrom('a', 'b', 'c');
const action = fc.oneof(
  fc.record({ kind: fc.constant('arrive' as const), ids: fc.array(names, { minLength: 1, maxLength: 12 }) }),
  fc.record({ kind: fc.constant('work' as const), id: names, done: fc.integer({ min: 1, max: 9 }) }),
);

describe('BacklogGauge', () => {
  it('admits exactly as many as fit, for one receiving process', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (actions, limit) => {
          const waiting = new Waiting();
          const gauge = new BacklogGauge(limit, waiting.count);
          for (const step of actions) {
            if (step.kind === 'work') {
              waiting.change(step.id, -step.done);
              continue;
            }
            const admitted = await gauge.admit(step.ids);
            for (const [index, id] of step.ids.entries()) {
              const fits = (waiting.of.get(id) ?? 0) < limit;
              expect(admitted[index]).toBe(fits);
              if (fits) waiting.change(id, 1);
            }
          }
        },
      ),
    );
  });

  it('never admits too many, even when some of those admitted are not stored', async () => {
    const waiting = new Waiting();
    const gauge = new BacklogGauge(3, waiting.count);
    expect(await gauge.admit(['a', 'a', 'a'])).toEqual([true, true, true]);
    // One of the admitted messages was a duplicate.
    waiting.change('a', 2);
    expect(await gauge.admit(['a', 'a'])).toEqual([true, false]);
  });

  it('counts once for many messages of a quiet chat', async () => {
    const waiting = new Waiting();
    const gauge = new BacklogGauge(200, waiting.count);
    for (let message = 0; message < 150; message += 1) await gauge.admit(['a']);
    expect(waiting.counts).toBe(1);
  });

  it('counts once a call for a chat that floods it', async () => {
    const waiting = new Waiting();
    waiting.change('a', 200);
    const gauge = new BacklogGauge(200, waiting.count);
    const admitted = await gauge.admit(Array.from({ length: 250 }, () => 'a'));
    expect(admitted.includes(true)).toBe(false);
    expect(waiting.counts).toBe(1);
  });

  it('counts once for many chats at a time, more of them than it remembers', async () => {
    const waiting = new Waiting();
    const gauge = new BacklogGauge(2, waiting.count);
    const admitted = await gauge.admit(Array.from({ length: 10_001 }, (_, index) => String(index)));
    expect(admitted.every(Boolean)).toBe(true);
    expect(waiting.counts).toBe(1);
    await gauge.admit(['10000']);
    expect(waiting.counts).toBe(1);
    await gauge.admit(['0']);
    expect(waiting.counts).toBe(2);
  });
});
