import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { describeWithRedis, type RedisServer, startRedis } from '../../../test/support/redis.js';
import { loadSettings } from '../../settings/settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { DatabasePool } from '../database/database-pool.js';
import { Database } from '../database/database.js';
import { RuntimeModule } from '../runtime/runtime.module.js';
import { ChatLimiter } from './chat-limiter.js';
import { PostgresSlidingWindow } from './postgres-sliding-window.js';
import { RedisSlidingWindow } from './redis-sliding-window.js';
import { SlidingWindow } from './sliding-window.js';
import { ThrottlingModule } from './throttling.module.js';

@Global()
@Module({})
class PoolModule {
  static with(url: string): DynamicModule {
    const pool = {
      provide: DatabasePool,
      useFactory: () => new DatabasePool(new Database(url), { poolSize: 2 }),
    };
    return { module: PoolModule, providers: [pool], exports: [pool] };
  }
}

const open = (databaseUrl: string, environment: Record<string, string>) =>
  Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(loadSettings({ CHAT_RATE_LIMIT: '2', ...environment })),
      RuntimeModule,
      PoolModule.with(databaseUrl),
      ThrottlingModule,
    ],
  }).compile();

describe('ThrottlingModule without Redis', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.stop());

  it('counts in PostgreSQL', async () => {
    const module = await open(database.url, {});
    await module.init();
    expect(module.get(SlidingWindow)).toBeInstanceOf(PostgresSlidingWindow);
    expect(await module.get(ChatLimiter).takeHits('telegram:1', 3)).toMatchObject({ granted: 2 });
    await module.get(DatabasePool).end();
    await module.close();
  });
});

describeWithRedis('ThrottlingModule with Redis', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('counts in Redis, needs no database for it, and disconnects at the end', async () => {
    const module = await open('postgresql://nobody@127.0.0.1:1/nowhere', { REDIS_URL: server.url });
    await module.init();
    const windows = module.get(SlidingWindow);
    expect(windows).toBeInstanceOf(RedisSlidingWindow);
    expect(await module.get(ChatLimiter).takeHits('telegram:1', 3)).toMatchObject({ granted: 2 });
    await module.close();
    await expect(windows.takeHits('telegram:1', 1, 1, 1_000)).rejects.toThrow();
  });
});
