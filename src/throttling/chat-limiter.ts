import { Injectable } from '@nestjs/common';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { messageOf, RetryLaterError } from '../errors/errors.js';
import { SlidingWindow } from './sliding-window.js';

/** The worker's side of the chat limit: how many waiting messages a turn may take now. */
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
        `turn:${chatKey}`,
        wanted,
        this.limits.limit,
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
}
