import { IsOptional, Matches } from 'class-validator';
import { FromEnv } from '../config/variable.js';

export class RedisSettings {
  @FromEnv('REDIS_URL', {
    description: 'set: the queue and the throttler use Redis; unset: both use PostgreSQL',
    example: 'redis://localhost:6379',
    secret: true,
  })
  @IsOptional()
  @Matches(/^rediss?:\/\//, { message: 'must begin with redis:// or rediss://' })
  url?: string;
}
