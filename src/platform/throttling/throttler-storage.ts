import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { SlidingWindow } from './sliding-window.js';

/** Derived because the package does not export the record's type by name. */
type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Lets @nestjs/throttler count in our sliding windows, shared by all processes. Times in the record are whole seconds.
 * There is no block beyond the window: a refused request is not counted, and the next one passes as soon as the oldest
 * has left. So `blockDuration` has no effect.
 */
@Injectable()
export class SlidingWindowStorage implements ThrottlerStorage {
  constructor(private readonly windows: SlidingWindow) {}

  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const { granted, retryAfterMs, used } = await this.windows.takeHits(key, 1, limit, ttl);
    const isBlocked = granted === 0;
    const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
    return {
      totalHits: isBlocked ? used + 1 : used,
      timeToExpire: isBlocked ? retryAfterSeconds : Math.ceil(ttl / 1_000),
      isBlocked,
      timeToBlockExpire: retryAfterSeconds,
    };
  }
}
