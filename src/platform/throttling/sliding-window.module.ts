import { Module } from '@nestjs/common';
import { RedisSettings } from './redis.settings.js';
import { DatabasePool } from '../database/database-pool.js';
import { PostgresSlidingWindow } from './postgres-sliding-window.js';
import { RedisSlidingWindow } from './redis-sliding-window.js';
import { SlidingWindow } from './sliding-window.js';

/** Chooses the store: Redis if REDIS_URL is set, else PostgreSQL. */
@Module({
  providers: [
    {
      provide: SlidingWindow,
      inject: [RedisSettings, DatabasePool],
      useFactory: ({ url }: RedisSettings, pool: DatabasePool): SlidingWindow =>
        url ? new RedisSlidingWindow(url) : new PostgresSlidingWindow(pool),
    },
  ],
  exports: [SlidingWindow],
})
export class SlidingWindowModule {}
