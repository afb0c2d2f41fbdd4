import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ABANDONED_AFTER_MS, HEAD_START_MS, PART_TIMEOUT_MS, runParts, SweepPart } from './sweep-part.js';

let ran: string[];
let misses: string[];

beforeEach(() => {
  vi.useFakeTimers();
  [ran, misses] = [[], []];
});
afterEach(() => {
  vi.useRealTimers();
});

const part = (name: string, work: () => Promise<unknown> = () => Promise.resolve()) =>
  new SweepPart(
    name,
    async () => {
      ran.push(name);
      await work();
    },
    (missed, code, error) => misses.push([missed, code, error ?? ''].join(' ').trim()),
  );
const never = () => new Promise<never>(() => undefined);

describe('runParts', () => {
  it('runs the parts in their order, each when the one before it has ended', async () => {
    let end: () => void = () => undefined;
    const parts = [part('first', () => new Promise<void>((resolve) => (end = resolve))), part('second')];
    const pass = runParts(parts);
    await vi.advanceTimersByTimeAsync(HEAD_START_MS - 1);
    expect(ran).toEqual(['first']);
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(ran).toEqual(['first', 'second']);
    await pass;
    expect(misses).toEqual([]);
  });

  it('runs the parts behind one that fails', async () => {
    const failing = part('failing', () => Promise.reject(new Error('broken')));
    await runParts([failing, part('second')]);
    await runParts([failing]);
    expect(ran).toEqual(['failing', 'second', 'failing']);
    expect(misses).toEqual(Array(2).fill('failing SWEEP_PART_FAILED broken'));
  });

  it('lets the parts behind one that stalls wait for its head start only, and ends after its time', async () => {
    const ended = vi.fn();
    void runParts([part('stalled', never), part('second'), part('third')]).then(ended);
    await vi.advanceTimersByTimeAsync(HEAD_START_MS);
    expect(ran).toEqual(['stalled', 'second', 'third']);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(PART_TIMEOUT_MS - HEAD_START_MS);
    expect(ended).toHaveBeenCalled();
    expect(misses).toEqual(['stalled SWEEP_PART_LATE']);
  });

  it('leaves out a part that still runs, and starts it again when it has ended', async () => {
    let end: () => void = () => undefined;
    const slow = part('slow', () => new Promise<void>((resolve) => (end = resolve)));
    void runParts([slow]);
    await vi.advanceTimersByTimeAsync(PART_TIMEOUT_MS);
    void runParts([slow, part('second')]);
    await vi.advanceTimersByTimeAsync(HEAD_START_MS);
    expect(ran).toEqual(['slow', 'second']);
    expect(misses).toEqual(['slow SWEEP_PART_LATE', 'slow SWEEP_PART_STILL_RUNNING']);
    end();
    await vi.advanceTimersByTimeAsync(0);
    void runParts([slow]);
    expect(ran).toEqual(['slow', 'second', 'slow']);
  });

  it('restarts a part that has not ended for a minute, and does not mistake the end of the old run for its own', async () => {
    const ends: (() => void)[] = [];
    const lost = part('lost', () => new Promise<void>((resolve) => ends.push(resolve)));
    void runParts([lost]);
    await vi.advanceTimersByTimeAsync(ABANDONED_AFTER_MS);
    void runParts([lost]);
    expect(ran).toEqual(['lost', 'lost']);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(PART_TIMEOUT_MS);
    await runParts([lost]);
    expect(ran).toEqual(['lost', 'lost']);
  });
});
