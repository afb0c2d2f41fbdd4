import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { Clock } from '../runtime/clock.js';
import { ChatOfRequest } from './chat-of-request.js';
import { FailOpenThrottlerGuard } from './fail-open-throttler.guard.js';
import { throttlerNames } from './throttlers.js';

const passes = Promise.resolve(true);

/**
 * The chat limit at the webhook, with CHAT_RATE_MODE=reject: over it, 429 with `Retry-After`, which Telegram respects.
 * In `defer` mode every request passes and the store is not used. Put it after the guard that checks the secret, so
 * that a stranger cannot use up a chat's window.
 */
@Injectable()
export class ChatThrottlerGuard extends FailOpenThrottlerGuard {
  protected readonly applies = [throttlerNames.chat];
  protected readonly refusal = 'Too many messages in this chat';

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    clock: Clock,
    private readonly limits: ChatLimitSettings,
    private readonly chats: ChatOfRequest,
  ) {
    super(options, storage, reflector, clock);
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    return this.limits.mode === 'reject' ? super.canActivate(context) : passes;
  }

  /** A bot may have a limit of its own. */
  protected override limitFor(chat: string): number {
    return this.limits.limitOf(chat);
  }

  protected trackerFor(_throttler: string, request: FastifyRequest): string | null {
    return this.chats.chatOf(request);
  }
}
