import { Injectable } from '@nestjs/common';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { messageOf, RetryLaterError } from '../errors/errors.js';
import { SlidingWindow } from './sliding-window.js';
import { turnWindow, windowsOfChat } from './window-keys.js';

/** The chat limit, as the worker asks it: how many waiting messages a turn may take now. */
@Injectable()
export class ChatLimiter {
  constructor(
    private readonly windows: SlidingWindow,
    private readonly limits: ChatLimitSettings,
  ) {}

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
