import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeWithRedis, type RedisServer, startRedis } from '../../../test/support/redis.js';
import { RedisSlidingWindow } from './redis-sliding-window.js';

const MINUTE_MS = 60_000;

/** Takes this many connections at the port and closes each at once. */
async function refuseConnections(port: number, count: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  for (let refused = 0; refused < count; refused += 1) {
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.destroy();
  }
  server.close();
  await once(server, 'close');
}

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

  const take = () => windows.takeHits('chat', 1, 1_000, MINUTE_MS);
  const outcome = () =>
    take().then(
      () => 'granted',
      () => 'refused to answer',
    );
  const until = async (wanted: string) => {
    while ((await outcome()) !== wanted) await nextTick();
  };

  it('fails at once while Redis is away, goes on when it is back, and logs each change once', async () => {
    const changes: string[] = [];
    // Other loggers of this process may speak meanwhile.
    const note = ({ msg }: { msg: string }) => {
      if (msg.startsWith('throttle store')) changes.push(msg);
    };
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(note);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(note);
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    const before = (await take()).used;
    await server.kill();
    await until('refused to answer');
    for (let asked = 0; asked < 20; asked += 1) expect(await outcome()).toBe('refused to answer');
    await refuseConnections(Number(new URL(server.url).port), 3);
    await server.start();
    await until('granted');
    // Written before the crash, still counted after it.
    expect((await take()).used).toBeGreaterThan(before);
    // A busy machine may lose the connection once more by itself: each outage is one pair of lines.
    expect(changes.length).toBeGreaterThan(0);
    const [away, back] = ['throttle store unreachable', 'throttle store reachable again'];
    expect(changes).toEqual(changes.map((_, index) => (index % 2 === 0 ? away : back)));
    expect(changes.at(-1)).toBe(back);
  });

  it('keeps its counts over a restart of the process', async () => {
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    const { used } = await take();
    windows.onApplicationShutdown();
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    expect((await take()).used).toBe(used + 1);
  });

  it('starts anew when Redis was emptied', async () => {
    windows = new RedisSlidingWindow(server.url);
    await windows.onModuleInit();
    await take();
    await server.flush();
    expect((await take()).used).toBe(1);
  });

  it('starts without a Redis, and fails its takes', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    windows = new RedisSlidingWindow('redis://127.0.0.1:1');
    await windows.onModuleInit();
    expect(await outcome()).toBe('refused to answer');
  });
});
