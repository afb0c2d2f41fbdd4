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
 * The limits of /admin for right keys: 3,000 requests a minute per key, and 6,000 per IP address. Wrong keys use no
 * store and have a limit of their own, before the body is read. An IPv6 address counts by its /64 network. Keys are
 * stored as SHA-256 only.
 */
@Injectable()
export class AdminThrottlerGuard extends FailOpenThrottlerGuard {
  protected readonly applies = [throttlerNames.adminKey, throttlerNames.adminAddress];
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
    if (key === null) return null;
    return throttler === throttlerNames.adminKey
      ? createHash('sha256').update(key).digest('hex')
      : normalizeIp(request.ip);
  }
}
