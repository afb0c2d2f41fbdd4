import { Logger } from '@nestjs/common';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeWithRedis, type RedisServer, startRedis } from '../../test/support/redis.js';
import { RedisSlidingWindow } from './redis-sliding-window.js';

const MINUTE_MS = 60_000;

describeWithRedis('RedisSlidingWindow, when Redis comes and goes', () => {
  let server: RedisServer;
  let windows: RedisSlidingWindow;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    windows.onApplicationShutdown();
  });
  afterAll(() => server.stop());

  const take = () => windows.take('chat', 1, 1_000, MINUTE_MS);
  const outcome = () =>
    take().then(
      () => 'granted',
      () => 'refused to answer',
    );
  const until = async (wanted: string) => {
    while ((await outcome()) !== wanted) await nextTick();
  };

  it('fails at once while Redis is away, goes on when it is back, and logs each change once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    const before = (await take()).used;
    await server.kill();
    await until('refused to answer');
    for (let asked = 0; asked < 20; asked += 1) expect(await outcome()).toBe('refused to answer');
    await server.start();
    await until('granted');
    // Written before the crash, still counted after it.
    expect((await take()).used).toBeGreaterThan(before);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('counts on after a restart of the process', async () => {
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    const { used } = await take();
    windows.onApplicationShutdown();
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    expect((await take()).used).toBe(used + 1);
  });

  it('begins anew when Redis was emptied', async () => {
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    await take();
    await server.flush();
    expect((await take()).used).toBe(1);
  });

  it('starts and fails its takes where there is no Redis at all', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    windows = new RedisSlidingWindow('redis://127.0.0.1:1');
    await windows.onModuleInit();
    expect(await outcome()).toBe('refused to answer');
  });
});
