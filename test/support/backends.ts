import { describe } from 'vitest';
import { describeWithRedis } from './redis.js';

/** Where BullMQ and the throttler keep their state. */
export type Backend = 'postgresql' | 'redis';

/** The same suite on both backends: the promises are the same. One after the other, each with a world of its own. */
export function describeOnEachBackend(name: string, suite: (backend: Backend) => void): void {
  describe(`${name}, with the queue on PostgreSQL`, () => suite('postgresql'));
  describeWithRedis(`${name}, with the queue on Redis`, () => suite('redis'));
}
