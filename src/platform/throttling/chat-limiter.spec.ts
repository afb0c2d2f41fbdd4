import { describe, expect, it } from 'vitest';
import { MemorySlidingWindow } from '../../../test/support/sliding-window.js';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { RetryLaterError } from '../errors/errors.js';
import { ChatLimiter } from './chat-limiter.js';

const limits = Object.assign(new ChatLimitSettings(), { limit: 3, periodMs: 1_000 });

describe('ChatLimiter', () => {
  it('grants a turn as many waiting messages as the window has room for', async () => {
    const windows = new MemorySlidingWindow();
    const limiter = new ChatLimiter(windows, limits);
    expect(await limiter.takeHits('telegram:1', 2)).toEqual({ granted: 2, retryAfterMs: 0 });
    windows.now += 400;
    expect(await limiter.takeHits('telegram:1', 5)).toEqual({ granted: 1, retryAfterMs: 600 });
    expect(await limiter.takeHits('telegram:2', 1)).toEqual({ granted: 1, retryAfterMs: 0 });
  });

  it('takes one unit for a message, however often it passes, and holds back those behind one that does not', async () => {
    const windows = new MemorySlidingWindow();
    const limiter = new ChatLimiter(
      windows,
      Object.assign(new ChatLimitSettings(), { limit: 3, periodMs: 3_600_000 }),
    );
    expect(await limiter.admit('telegram:1', [1n, 3n])).toEqual({ granted: 2, retryAfterMs: 0 });
    expect(await limiter.admit('telegram:1', [1n, 3n])).toEqual({ granted: 2, retryAfterMs: 0 });
    expect(await limiter.admit('telegram:1', [1n, 2n, 3n])).toEqual({ granted: 3, retryAfterMs: 0 });
    expect(await limiter.admit('telegram:1', [1n, 4n, 3n])).toEqual({ granted: 1, retryAfterMs: 3_600_000 });
    expect(windows.asked).toHaveLength(3);
  });

  it('counts apart from the webhook', async () => {
    const windows = new MemorySlidingWindow();
    await new ChatLimiter(windows, limits).takeHits('telegram:1', 1);
    expect(windows.asked).toEqual(['turn:telegram:1']);
  });

  it('forgets an erased chat’s units, also at the webhook', async () => {
    const windows = new MemorySlidingWindow();
    const limiter = new ChatLimiter(windows, limits);
    const keys = ['turn:telegram:1', 'door:chat:telegram:1', 'turn:telegram:12'];
    for (const key of keys) await windows.takeHits(key, 3, 3, 1_000);
    await limiter.forget('telegram:1');
    const free = await Promise.all(
      keys.map(async (key) => (await windows.takeHits(key, 3, 3, 1_000)).granted),
    );
    expect(free).toEqual([3, 3, 0]);
  });

  it('asks to try later while the store is unreachable', async () => {
    const windows = new MemorySlidingWindow();
    windows.state = 'unreachable';
    const failure = await new ChatLimiter(windows, limits)
      .takeHits('telegram:1', 1)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryLaterError);
    expect(failure).toMatchObject({ code: 'THROTTLE_UNAVAILABLE' });
  });
});
