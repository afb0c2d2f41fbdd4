import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ThrottlerModule } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySlidingWindow } from '../../../test/support/sliding-window.js';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { Clock } from '../runtime/clock.js';
import { AdminKeyOfRequest } from './admin-key-of-request.js';
import { AdminThrottlerGuard } from './admin-throttler.guard.js';
import { SlidingWindowStorage } from './throttler-storage.js';
import { throttlers } from './throttlers.js';

const RIGHT = 'a-right-key-of-the-admin';

@Injectable()
class KeyInHeader extends AdminKeyOfRequest {
  rightKeyOf({ headers }: FastifyRequest): string | null {
    return headers.authorization === `Bearer ${RIGHT}` ? RIGHT : null;
  }
}

@Injectable()
class KeyGuard implements CanActivate {
  constructor(private readonly keys: AdminKeyOfRequest) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.keys.rightKeyOf(context.switchToHttp().getRequest<FastifyRequest>()) === null) {
      throw new UnauthorizedException();
    }
    return true;
  }
}

@Controller('admin')
@UseGuards(AdminThrottlerGuard, KeyGuard)
class AdminController {
  @Get('conversations')
  list(): { items: [] } {
    return { items: [] };
  }

  @Get('turns')
  turns(): { items: [] } {
    return { items: [] };
  }
}

describe('AdminThrottlerGuard', () => {
  let windows: MemorySlidingWindow;
  let app: NestFastifyApplication;

  beforeEach(async () => {
    windows = new MemorySlidingWindow();
    const module = await Test.createTestingModule({
      imports: [
        ThrottlerModule.forRoot({
          storage: new SlidingWindowStorage(windows),
          throttlers: throttlers(new ChatLimitSettings()),
          setHeaders: false,
        }),
      ],
      controllers: [AdminController],
      providers: [Clock, { provide: AdminKeyOfRequest, useClass: KeyInHeader }],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterEach(() => app.close());

  const get = (key: string, remoteAddress = '192.0.2.1', url = '/admin/conversations') =>
    app.inject({ url, remoteAddress, headers: { authorization: `Bearer ${key}` } });
  const statuses = async (times: number, key: string, remoteAddress?: string, url?: string) => {
    const counts: Record<number, number> = {};
    for (let sent = 0; sent < times; sent += 1) {
      const { statusCode } = await get(key, remoteAddress, url);
      counts[statusCode] = (counts[statusCode] ?? 0) + 1;
    }
    return counts;
  };

  it('allows a right key 3,000 requests a minute over all routes', async () => {
    expect(await statuses(1_500, RIGHT)).toEqual({ 200: 1_500 });
    expect(await statuses(1_500, RIGHT, '192.0.2.3', '/admin/turns')).toEqual({ 200: 1_500 });
    const refused = await get(RIGHT, '192.0.2.4');
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toEqual({
      statusCode: 429,
      message: 'Too many requests to the admin API',
      error: 'Too Many Requests',
    });
    expect(refused.headers['retry-after']).toBe('60');
    windows.now += 60_000;
    expect((await get(RIGHT, '192.0.2.4')).statusCode).toBe(200);
  });

  it('makes no store call for a wrong key, so that guesses block no other request', async () => {
    expect(await statuses(200, 'wrong')).toEqual({ 401: 200 });
    expect(windows.asked).toEqual([]);
  });

  it('gives the store no key', async () => {
    await get(RIGHT);
    expect(windows.asked.length).toBeGreaterThan(0);
    expect(windows.asked.join(' ')).not.toContain(RIGHT);
  });

  it('passes every request on to the key check while the store is unreachable', async () => {
    windows.state = 'unreachable';
    expect((await get(RIGHT)).statusCode).toBe(200);
    expect((await get('wrong')).statusCode).toBe(401);
  });
});
