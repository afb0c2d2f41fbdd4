import { Injectable } from '@nestjs/common';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { messageOf, RetryLaterError } from '../errors/errors.js';
import { BoundedMap } from '../runtime/bounded-map.js';
import { SlidingWindow } from './sliding-window.js';
import { turnWindow, windowsOfChat } from './window-keys.js';

/** Messages that are known to have been let in. */
const CAPACITY = 50_000;

/** The chat limit, as the worker asks it: how many waiting messages a turn may take now. */
@Injectable()
export class ChatLimiter {
  /** By event, until when its unit counts, by this process's monotonic clock. */
  private readonly letIn = new BoundedMap<bigint, number>(CAPACITY);

  constructor(
    private readonly windows: SlidingWindow,
    private readonly limits: ChatLimitSettings,
  ) {}

  /**
   * Takes a unit out of the chat's window for each of these waiting messages, as many as are free. One that was let in,
   * and then was in no turn after all, is let in again without another unit while its own counts.
   * @param events in order
   * @returns how many of them, the first ones, may be in a turn now; `retryAfterMs` as `take`
   * @throws as `take`
   */
  async admit(
    chatKey: string,
    events: readonly bigint[],
  ): Promise<{ granted: number; retryAfterMs: number }> {
    const now = performance.now();
    const asking = events.filter((id) => (this.letIn.get(id) ?? 0) <= now);
    if (asking.length === 0) return { granted: events.length, retryAfterMs: 0 };
    const { granted, retryAfterMs } = await this.take(chatKey, asking.length);
    for (const id of asking.slice(0, granted)) this.letIn.set(id, now + this.limits.periodMs);
    const heldBack = new Set(asking.slice(granted));
    const first = events.findIndex((id) => heldBack.has(id));
    return { granted: first === -1 ? events.length : first, retryAfterMs };
  }

  /**
   * Takes up to `wanted` messages out of the chat's window. Take right before the work: what is granted counts from
   * this moment, used or not.
   * @returns `retryAfterMs`: 0 when all were granted, else when at least one more is free
   * @throws RetryLaterError THROTTLE_UNAVAILABLE while the store cannot be reached: the messages stay waiting
   */
  async take(chatKey: string, wanted: number): Promise<{ granted: number; retryAfterMs: number }> {
    try {
      const { granted, retryAfterMs } = await this.windows.take(
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
   * Forgets what the chat has used up, in turns and at the door: for a chat that is erased.
   * @throws whatever the store throws while it cannot be reached; the windows then end by themselves
   */
  async forget(chatKey: string): Promise<void> {
    await Promise.all(windowsOfChat(chatKey).map((key) => this.windows.forget(key)));
  }
}
