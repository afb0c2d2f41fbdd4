import { afterEach, describe, expect, it, vi } from 'vitest';
import { GRACE_MS, Stopping } from './stopping.js';

afterEach(() => vi.useRealTimers());

describe('Stopping', () => {
  it('waits for running work, and asks it to hand back only after the grace time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stopping = new Stopping();
    let finish: () => void = () => undefined;
    const work = stopping.track(new Promise<void>((resolve) => (finish = resolve)));
    stopping.onModuleDestroy();
    expect([stopping.soon.aborted, stopping.now.aborted]).toEqual([true, false]);
    let ended = false;
    const ending = stopping.beforeApplicationShutdown().then(() => (ended = true));
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(stopping.now.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect([stopping.now.aborted, ended]).toEqual([true, false]);
    finish();
    await Promise.all([work, ending]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at once without running work, and passes on the work’s result or error', async () => {
    const stopping = new Stopping();
    expect(await stopping.track(Promise.resolve(7))).toBe(7);
    await expect(stopping.track(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await stopping.beforeApplicationShutdown();
    expect(stopping.now.aborted).toBe(true);
  });
});
