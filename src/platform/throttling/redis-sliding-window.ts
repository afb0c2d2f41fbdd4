import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type ClientContext, Redis, type Result } from 'ioredis';
import { messageOf } from '../errors/errors.js';
import { SlidingWindow, type WindowHits } from './sliding-window.js';

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext = { type: 'default' }> {
    takeFromWindow(
      key: string,
      wanted: number,
      limit: number,
      periodMs: number,
    ): Result<[granted: number, retryAfterMs: number, used: number, atMicroseconds: string], Context>;
  }
}

/** Longer than any healthy Redis needs; past it the take fails, so that no request hangs on a limit. */
const COMMAND_TIMEOUT_MS = 1_000;
/** How long a start waits for the first connection; Redis being down does not stop it. */
const FIRST_CONNECTION_MS = 2_000;
const KEY_PREFIX = 'turnpike:window:';

/**
 * Sliding windows in Redis: one list per key with the times of its hits in microseconds, oldest first, on Redis's own
 * clock. Windows live as long as Redis keeps them: emptied or restored from an older copy, it grants anew.
 */
@Injectable()
export class RedisSlidingWindow extends SlidingWindow implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RedisSlidingWindow.name);
  private readonly redis: Redis;
  private reachable: boolean | null = null;
  private lastError = '';

  /** Connects at once and keeps trying; the start and the end of an outage are logged. */
  constructor(url: string) {
    super();
    this.redis = new Redis(url, {
      enableOfflineQueue: false,
      // A take sent again after a reconnect would count twice.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: FIRST_CONNECTION_MS,
      retryStrategy: (times) => Math.min(times * 100, 2_000),
    });
    this.redis.defineCommand('takeFromWindow', { numberOfKeys: 1, lua: TAKE });
    this.redis.on('error', (error: unknown) => {
      this.lastError = messageOf(error) || 'no connection';
    });
    this.redis.on('ready', () => this.noteReachable());
    this.redis.on('close', this.noteUnreachable);
  }

  async onModuleInit(): Promise<void> {
    if (this.redis.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(resolve, FIRST_CONNECTION_MS);
      this.redis.once('ready', () => {
        clearTimeout(giveUp);
        resolve();
      });
    });
  }

  async takeHits(key: string, wanted: number, limit: number, periodMs: number): Promise<WindowHits> {
    const [granted, retryAfterMs, used, at] = await this.redis.takeFromWindow(
      KEY_PREFIX + key,
      wanted,
      limit,
      periodMs,
    );
    return { granted, retryAfterMs, used, at: Number(at) / 1_000 };
  }

  async forget(key: string): Promise<void> {
    await this.redis.del(KEY_PREFIX + key);
  }

  onApplicationShutdown(): void {
    this.redis.off('close', this.noteUnreachable);
    this.redis.disconnect();
  }

  private noteReachable(): void {
    if (this.reachable === false) this.logger.log({ msg: 'throttle store reachable again' });
    this.reachable = true;
  }

  private readonly noteUnreachable = (): void => {
    if (this.reachable !== false)
      this.logger.warn({ msg: 'throttle store unreachable', error: this.lastError });
    this.reachable = false;
  };
}

/**
 * `decide` (window-decision.ts) on a list of microseconds; Redis runs a script alone, so it is atomic. Numbers of this
 * size are formatted by hand because Lua's own conversion keeps 14 digits only. The key outlives its last hit by a
 * second, so that only the hits' own times end them.
 */
const TAKE = `
local key = KEYS[1]
local wanted, limit, periodMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stamp = string.format('%.0f', now)
local period = periodMs * 1000

local future = 0
while true do
  local last = redis.call('LINDEX', key, -1)
  if not last or tonumber(last) <= now then break end
  redis.call('RPOP', key)
  future = future + 1
end
while true do
  local first = redis.call('LINDEX', key, 0)
  if not first or now - tonumber(first) < period then break end
  redis.call('LPOP', key)
end

local inside = redis.call('LLEN', key) + future
local granted = math.max(0, math.min(wanted, limit - inside))
for _ = 1, future + granted do redis.call('RPUSH', key, stamp) end
local used = inside + granted
if used > 0 then redis.call('PEXPIRE', key, periodMs + 1000) end

local retryAfterMs = 0
if granted < wanted then
  local blocking = tonumber(redis.call('LINDEX', key, used - limit))
  retryAfterMs = math.ceil((period - (now - blocking)) / 1000)
end
return { granted, retryAfterMs, used, stamp }
`;
