import { Controller, HttpCode, Injectable, Logger, Post, UseGuards } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ThrottlerModule } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemorySlidingWindow } from '../../../test/support/sliding-window.js';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { Clock } from '../runtime/clock.js';
import { ChatOfRequest } from './chat-of-request.js';
import { ChatThrottlerGuard } from './chat-throttler.guard.js';
import { SlidingWindowStorage } from './throttler-storage.js';
import { throttlers } from './throttlers.js';

@Injectable()
class ChatInHeader extends ChatOfRequest {
  chatOf({ headers }: FastifyRequest): string | null {
    const chat = headers['x-chat'];
    return typeof chat === 'string' ? chat : null;
  }
}

@Controller('webhook')
class WebhookController {
  @Post('telegram')
  @HttpCode(200)
  @UseGuards(ChatThrottlerGuard)
  receive(): { status: string } {
    return { status: 'queued' };
  }
}

class StoppedClock extends Clock {
  milliseconds = 0;

  override now(): Date {
    return new Date(this.milliseconds);
  }

  override monotonicMs(): number {
    return this.milliseconds;
  }
}

describe('ChatThrottlerGuard', () => {
  const windows = new MemorySlidingWindow();
  const clock = new StoppedClock();
  let app: NestFastifyApplication;

  async function listen(mode: ChatLimitSettings['mode']): Promise<void> {
    const limitsOfBots = new Map([['telegram:support', 2]]);
    const limits = Object.assign(new ChatLimitSettings(), { mode, limit: 5, periodMs: 10_000, limitsOfBots });
    const module = await Test.createTestingModule({
      imports: [
        ThrottlerModule.forRoot({
          storage: new SlidingWindowStorage(windows),
          throttlers: throttlers(limits),
          setHeaders: false,
        }),
      ],
      controllers: [WebhookController],
      providers: [
        { provide: ChatLimitSettings, useValue: limits },
        { provide: Clock, useValue: clock },
        { provide: ChatOfRequest, useClass: ChatInHeader },
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  }

  const post = (chat: string) => request(app.getHttpServer()).post('/webhook/telegram').set('x-chat', chat);
  const postTimes = async (times: number, chat: string) => {
    const answers = [];
    for (let posted = 0; posted < times; posted += 1) answers.push((await post(chat)).status);
    return answers;
  };

  afterEach(async () => {
    vi.restoreAllMocks();
    windows.state = 'reachable';
    windows.asked.length = 0;
    await app.close();
  });

  it('answers the first message past the limit with 429 and when to try again, and does not affect other chats', async () => {
    await listen('reject');
    expect(await postTimes(5, 'busy')).toEqual([200, 200, 200, 200, 200]);
    windows.now += 2_500;
    const refused = await post('busy');
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      statusCode: 429,
      message: 'Too many messages in this chat',
      error: 'Too Many Requests',
    });
    expect(refused.headers['retry-after']).toBe('8');
    expect((await post('calm')).status).toBe(200);
  });

  it('passes the next message when Retry-After is over, and never says less than a second', async () => {
    await listen('reject');
    await postTimes(5, 'patient');
    windows.now += 9_999;
    expect((await post('patient')).headers['retry-after']).toBe('1');
    windows.now += 1;
    expect((await post('patient')).status).toBe(200);
  });

  it('applies a bot’s own limit', async () => {
    await listen('reject');
    expect(await postTimes(3, 'telegram:support:-7')).toEqual([200, 200, 429]);
    expect(await postTimes(3, 'telegram:-7')).toEqual([200, 200, 200]);
  });

  it('does not limit requests without a chat', async () => {
    await listen('reject');
    const answers = [];
    for (let posted = 0; posted < 7; posted += 1) {
      answers.push((await request(app.getHttpServer()).post('/webhook/telegram')).status);
    }
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(windows.asked).toEqual([]);
  });

  it('passes everything in defer mode without asking the store', async () => {
    await listen('defer');
    expect(new Set(await postTimes(7, 'deferred'))).toEqual(new Set([200]));
    expect(windows.asked).toEqual([]);
  });

  it('passes everything while the store is unreachable, and logs that once a minute', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await listen('reject');
    windows.state = 'unreachable';
    expect(new Set(await postTimes(7, 'blind'))).toEqual(new Set([200]));
    expect(warn).toHaveBeenCalledTimes(1);
    clock.milliseconds += 60_000;
    await post('blind');
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('does not wait for a store that does not answer', async () => {
    await listen('reject');
    windows.state = 'silent';
    expect((await post('waiting')).status).toBe(200);
  });
});
