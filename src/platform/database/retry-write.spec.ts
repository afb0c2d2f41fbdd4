import { afterEach, describe, expect, it, vi } from 'vitest';
import { GiveUpError } from '../errors/errors.js';
import { retryWrite } from './retry-write.js';

afterEach(() => vi.useRealTimers());

const away = new Error('database away');

describe('retryWrite', () => {
  it('writes again until it succeeds', async () => {
    const outcomes = [away, away, 'written'];
    const work = vi.fn(() => {
      const outcome = outcomes.shift();
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    });
    expect(await retryWrite(work)).toBe('written');
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not repeat a write that fails with an error of ours', async () => {
    const work = vi.fn(() => Promise.reject(new GiveUpError('NOT_NOW', 'of ours')));
    await expect(retryWrite(work)).rejects.toThrow('of ours');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it.each([-3_600_000, 3_600_000])(
    'gives up after ten seconds, though the clock is set by %i ms meanwhile',
    async (setByMs) => {
      vi.useFakeTimers({ toFake: ['Date', 'performance'] });
      const begun = performance.now();
      let tries = 0;
      const work = retryWrite(() => {
        tries += 1;
        if (tries === 2) vi.setSystemTime(Date.now() + setByMs);
        // The time advances by a second a try.
        else vi.advanceTimersByTime(1_000);
        return Promise.reject(away);
      });
      await expect(work).rejects.toThrow('database away');
      expect(tries).toBeGreaterThan(9);
      expect(performance.now() - begun).toBeLessThan(13_000);
    },
  );
});
