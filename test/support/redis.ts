import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { findProgram } from './find-program.js';
import { describeWithProgram } from './needed-program.js';

/** A Redis of this test's own, on a port and in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  /** Empties it. */
  flush(): Promise<void>;
  /** At its maxmemory, and not evicting: it refuses every write that needs memory. */
  fill(): Promise<void>;
  /** Memory is available again. */
  free(): Promise<void>;
  /** kill -9: its files stay in its folder. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port with the same folder. */
  start(): Promise<void>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
}

/** The path of `redis-server`, or null if none is on the PATH. */
export function findRedisServer(): string | null {
  return findProgram('redis-server');
}

/**
 * `describe` for suites that need Redis. Without a `redis-server` they are skipped and the reason is printed; with
 * REQUIRE_SERVICES=1 its absence is a failure.
 */
export function describeWithRedis(name: string, suite: () => void): void {
  describeWithProgram(name, 'redis-server', findRedisServer(), suite);
}

/** Starts a Redis as a queue needs it: append-only file, no eviction. */
export async function startRedis(): Promise<RedisServer> {
  const binary = findRedisServer();
  if (!binary) throw new Error('no redis-server on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let running: ChildProcess | null = null;
  const killNow = () => void running?.kill('SIGKILL');
  process.once('exit', killNow);

  const start = async () => {
    running = spawn(
      binary,
      ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'],
      { stdio: 'ignore' },
    );
    await ready(url, running);
  };
  const kill = async () => {
    const ended = running;
    running = null;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const exit = once(ended, 'exit');
    ended.kill('SIGKILL');
    await exit;
  };
  await start();
  return {
    url,
    start,
    kill,
    fill: () => withClient(url, (client) => limitMemory(client, 1)),
    free: () => withClient(url, (client) => limitMemory(client, 0)),
    flush: () => withClient(url, async (client) => void (await client.flushall())),
    stop: async () => {
      process.removeListener('exit', killNow);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param bytes 0: unlimited */
async function limitMemory(client: Redis, bytes: number): Promise<void> {
  await client.config('SET', 'maxmemory', bytes);
  const refused = await client.set('probe', 'x').then(
    () => false,
    (error: Error) => error.message.startsWith('OOM'),
  );
  if (refused !== bytes > 0) throw new Error(`redis ${refused ? 'refuses' : 'takes'} writes`);
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  await withClient(url, async (client) => {
    const exited = once(server, 'exit').then(() => {
      throw new Error('redis-server ended while starting');
    });
    await Promise.race([client.ping(), exited]);
  });
}

async function withClient(url: string, use: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis(url, { maxRetriesPerRequest: 200, retryStrategy: () => 20 });
  // Refused connections are expected until the server listens.
  client.on('error', () => undefined);
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}
