import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  normalizeIp,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../runtime/clock.js';
import { AdminKeyOfRequest } from './admin-key-of-request.js';
import { FailOpenThrottlerGuard } from './fail-open-throttler.guard.js';
import { throttlerNames } from './throttlers.js';

/**
 * The limits of /admin: 3,000 requests a minute per API key and 6,000 per IP address with a right key, 60 per IP address
 * with a wrong or missing one. Put it before the guard that checks the key, so that wrong keys past their limit are
 * answered 429 instead of 401. A right key is never refused for a neighbour's wrong ones: the limit is there for load
 * and logs, and what keeps a key from being guessed is its length. An IPv6 address counts by its /64 network. Keys are
 * stored as SHA-256 only.
 */
@Injectable()
export class AdminThrottlerGuard extends FailOpenThrottlerGuard {
  protected readonly applies = [
    throttlerNames.adminKey,
    throttlerNames.adminAddress,
    throttlerNames.adminWrongKey,
  ];
  protected readonly refusal = 'Too many requests to the admin API';

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    clock: Clock,
    private readonly keys: AdminKeyOfRequest,
  ) {
    super(options, storage, reflector, clock);
  }

  protected trackerFor(throttler: string, request: FastifyRequest): string | null {
    const key = this.keys.rightKeyOf(request);
    const address = normalizeIp(request.ip);
    if (throttler === throttlerNames.adminWrongKey) return key === null ? address : null;
    if (key === null) return null;
    return throttler === throttlerNames.adminKey ? createHash('sha256').update(key).digest('hex') : address;
  }
}
