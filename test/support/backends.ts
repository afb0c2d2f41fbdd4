import { describe } from 'vitest';
import { describeWithRedis } from './redis.js';

/** The store of BullMQ and the throttler. */
export type Backend = 'postgresql' | 'redis';

/**
 * Runs the same suite on both backends, one after the other, each with a world of its own: the promises are the same.
 */
export function describeOnEachBackend(name: string, suite: (backend: Backend) => void): void {
  describe(`${name}, with the queue on PostgreSQL`, () => suite('postgresql'));
  describeWithRedis(`${name}, with the queue on Redis`, () => suite('redis'));
}
