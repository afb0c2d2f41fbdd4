import { afterEach, describe, expect, it, vi } from 'vitest';
import { GiveUpError } from '../errors/errors.js';
import { insist } from './insist.js';

afterEach(() => vi.useRealTimers());

const away = new Error('database away');

describe('insist', () => {
  it('writes again until it is written', async () => {
    const outcomes = [away, away, 'written'];
    const work = vi.fn(() => {
      const outcome = outcomes.shift();
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    });
    expect(await insist(work)).toBe('written');
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not repeat what an error of ours says of it', async () => {
    const work = vi.fn(() => Promise.reject(new GiveUpError('NOT_NOW', 'of ours')));
    await expect(insist(work)).rejects.toThrow('of ours');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it.each([-3_600_000, 3_600_000])(
    'gives up after ten seconds, though the clock is set by %i ms meanwhile',
    async (setByMs) => {
      vi.useFakeTimers({ toFake: ['Date', 'performance'] });
      const begun = performance.now();
      let tries = 0;
      const work = insist(() => {
        tries += 1;
        if (tries === 2) vi.setSystemTime(Date.now() + setByMs);
        // Time goes on, a second a try.
        else vi.advanceTimersByTime(1_000);
        return Promise.reject(away);
      });
      await expect(work).rejects.toThrow('database away');
      expect(tries).toBeGreaterThan(9);
      expect(performance.now() - begun).toBeLessThan(13_000);
    },
  );
});
