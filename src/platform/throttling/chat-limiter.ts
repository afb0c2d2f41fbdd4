import { Injectable } from '@nestjs/common';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { messageOf, RetryLaterError } from '../errors/errors.js';
import { BoundedMap } from '../runtime/bounded-map.js';
import { SlidingWindow } from './sliding-window.js';
import { turnWindow, windowsOfChat } from './throttlers.js';

/** Messages that are known to have passed. */
const CAPACITY = 50_000;

/** The chat limit for workers: how many waiting messages a turn may claim now. */
@Injectable()
export class ChatLimiter {
  /** By event, the time until which its unit counts, by this process's monotonic clock. */
  private readonly grantedUntil = new BoundedMap<bigint, number>(CAPACITY);

  constructor(
    private readonly windows: SlidingWindow,
    private readonly limits: ChatLimitSettings,
  ) {}

  /**
   * Takes a unit out of the chat's window for each of these waiting messages, as many as are available. A message that
   * has passed, but was then in no turn, passes again without another unit while its own counts.
   * @param events in order
   * @returns how many of them, from the first, may be in a turn now; `retryAfterMs` as `take`
   * @throws as `take`
   */
  async admit(
    chatKey: string,
    events: readonly bigint[],
  ): Promise<{ granted: number; retryAfterMs: number }> {
    const now = performance.now();
    const asking = events.filter((id) => (this.grantedUntil.get(id) ?? 0) <= now);
    if (asking.length === 0) return { granted: events.length, retryAfterMs: 0 };
    const { granted, retryAfterMs } = await this.takeHits(chatKey, asking.length);
    for (const id of asking.slice(0, granted)) this.grantedUntil.set(id, now + this.limits.periodMs);
    const heldBack = new Set(asking.slice(granted));
    const first = events.findIndex((id) => heldBack.has(id));
    return { granted: first === -1 ? events.length : first, retryAfterMs };
  }

  /**
   * Takes up to `wanted` messages out of the chat's window. Call it right before the work: granted units count from
   * this moment, used or not.
   * @returns `retryAfterMs`: 0 when all were granted, else the time until at least one more is available
   * @throws RetryLaterError THROTTLE_UNAVAILABLE while the store cannot be reached: the messages stay waiting
   */
  async takeHits(chatKey: string, wanted: number): Promise<{ granted: number; retryAfterMs: number }> {
    try {
      const { granted, retryAfterMs } = await this.windows.takeHits(
        turnWindow(chatKey),
        wanted,
        this.limits.limitOf(chatKey),
        this.limits.periodMs,
      );
      return { granted, retryAfterMs };
    } catch (error) {
      throw new RetryLaterError(
        'THROTTLE_UNAVAILABLE',
        `the chat limit cannot be checked: ${messageOf(error)}`,
        null,
        'Check that REDIS_URL, or without it the database, can be reached.',
        { cause: error },
      );
    }
  }

  /**
   * Forgets the chat's used units, in turns and at the webhook: for a chat that is erased.
   * @throws the store's error while it cannot be reached; the windows then end by themselves
   */
  async forget(chatKey: string): Promise<void> {
    await Promise.all(windowsOfChat(chatKey).map((key) => this.windows.forget(key)));
  }
}
