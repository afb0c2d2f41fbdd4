import { type ExecutionContext, HttpException, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../errors/errors.js';
import { Clock } from '../runtime/clock.js';
import { TooManyRequestsException } from './too-many-requests.exception.js';
import { type ThrottlerName, doorWindow } from './throttlers.js';

/** A store slower than this counts as unreachable. */
const STORE_DEADLINE_MS = 1_000;
const LOG_EVERY_MS = 60_000;

/**
 * The base of our throttler guards. A guard applies only the limits it names, counts by key and limit alone (not by
 * route, as the base class does), and answers 429 with `Retry-After` in whole seconds. When the store cannot be
 * reached, every request passes, and that is logged once a minute: a limit must never be the reason to lose a message
 * or to lock out an operator.
 */
export abstract class FailOpenThrottlerGuard extends ThrottlerGuard {
  protected abstract readonly applies: readonly ThrottlerName[];
  /** The `message` of the 429. */
  protected abstract readonly refusal: string;
  protected override readonly logger = new Logger(this.constructor.name);
  private loggedAt = -Infinity;

  constructor(
    options: ThrottlerModuleOptions,
    storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly clock: Clock,
  ) {
    super(options, storage, reflector);
  }

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    const applies: readonly string[] = this.applies;
    this.throttlers = this.throttlers.filter(({ name }) => name !== undefined && applies.includes(name));
  }

  /** The key by which this request counts under a limit; null: not at all. Must not throw. */
  protected abstract trackerFor(throttler: string, request: FastifyRequest): string | null;

  /** The limit that holds for this key. */
  protected limitFor(_tracker: string, configured: number): number {
    return configured;
  }

  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const http = props.context.switchToHttp();
    const name = props.throttler.name ?? 'default';
    const tracker = this.trackerFor(name, http.getRequest<FastifyRequest>());
    if (tracker === null) return true;
    try {
      return await withinDeadline(
        super.handleRequest({
          ...props,
          limit: this.limitFor(tracker, props.limit),
          getTracker: () => tracker,
          generateKey: () => doorWindow(name, tracker),
        }),
      );
    } catch (error) {
      if (!(error instanceof HttpException)) return this.letPass(error);
      if (error instanceof TooManyRequestsException) {
        void http.getResponse<FastifyReply>().header('retry-after', error.retryAfterSeconds);
      }
      throw error;
    }
  }

  protected override async throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new TooManyRequestsException(this.refusal, Math.max(1, timeToBlockExpire));
  }

  private letPass(error: unknown): true {
    const now = this.clock.monotonicMs();
    if (now - this.loggedAt >= LOG_EVERY_MS) {
      this.loggedAt = now;
      this.logger.warn({
        msg: 'throttle store unreachable, requests pass uncounted',
        error: messageOf(error),
      });
    }
    return true;
  }
}

async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${STORE_DEADLINE_MS} ms`)),
      STORE_DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
