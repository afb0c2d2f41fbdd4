import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpException,
  InternalServerErrorException,
  Logger,
  Post,
  ServiceUnavailableException,
  StreamableFile,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GiveUpError, RetryLaterError } from '../errors/errors.js';
import { RuntimeModule } from '../runtime/runtime.module.js';
import { refuseUnroutable } from './http-exception.filter.js';
import { ObservabilityModule } from './observability.module.js';

@Controller('throws')
class ThrowingController {
  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }

  @Get('bad')
  bad(): never {
    throw new BadRequestException(['limit must not be greater than 200']);
  }

  @Get('text')
  text(): never {
    throw new HttpException('Slow down', 429);
  }

  @Get('internal')
  internal(): never {
    throw new InternalServerErrorException('password=hunter2');
  }

  @Get('later')
  later(): never {
    throw new RetryLaterError('INBOX_SLOW', 'connect ECONNREFUSED 10.0.0.7:5432', 1_500);
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException();
  }

  @Get('given-up')
  givenUp(): never {
    throw new GiveUpError('NO_WAY', 'inner secret');
  }

  @Get('crash')
  crash(): never {
    throw new TypeError('inner secret');
  }

  @Get('thrown-text')
  async thrownText(): Promise<never> {
    return Promise.reject('inner secret');
  }

  @Get('broken-stream')
  brokenStream(): StreamableFile {
    return new StreamableFile(Readable.from(brokenLines()));
  }
}

async function* brokenLines() {
  yield 'one line\n';
  await Promise.reject(new Error('inner secret'));
}

let app: NestFastifyApplication;
const lines: { level: string; line: Record<string, unknown> }[] = [];

/** Captures the log of a request: the logger is the whole process's, in which other specs ran before. */
const keep =
  (level: string) =>
  (line: Record<string, unknown>, ...rest: unknown[]) => {
    const context = rest.at(-1);
    if (context === 'HttpExceptionFilter' || context === 'ExceptionsHandler') lines.push({ level, line });
  };

beforeAll(async () => {
  const module = await Test.createTestingModule({
    imports: [ObservabilityModule, RuntimeModule],
    controllers: [ThrowingController],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ bodyLimit: 1_000, frameworkErrors: refuseUnroutable }),
  );
  Logger.overrideLogger({ log: () => {}, warn: keep('warn'), error: keep('error') });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

beforeEach(() => {
  lines.length = 0;
});

afterAll(async () => {
  await app.close();
  Logger.overrideLogger(false);
});

const json = { 'content-type': 'application/json' };

describe('HttpExceptionFilter', () => {
  it.each([
    ['an unknown route', { url: '/nowhere?token=abc' }, 404, 'ROUTE_NOT_FOUND', 'Not found'],
    ['an unknown method', { method: 'DELETE', url: '/throws/bad' }, 404, 'ROUTE_NOT_FOUND', 'Not found'],
    ['an address that is none', { url: '/%zz' }, 400, 'FST_ERR_BAD_URL', 'The request cannot be read'],
    [
      'a validation failure',
      { url: '/throws/bad' },
      400,
      'BadRequestException',
      ['limit must not be greater than 200'],
    ],
    ['an exception with only a text', { url: '/throws/text' }, 429, 'HttpException', 'Slow down'],
    [
      'an internal error with a text',
      { url: '/throws/internal' },
      500,
      'InternalServerErrorException',
      'Internal server error',
    ],
    [
      'an error that may pass',
      { url: '/throws/later' },
      503,
      'INBOX_SLOW',
      'Not available at the moment, try again later',
    ],
    ['an error for good', { url: '/throws/given-up' }, 500, 'NO_WAY', 'Internal server error'],
    ['a crash', { url: '/throws/crash' }, 500, 'TypeError', 'Internal server error'],
    ['a thrown text', { url: '/throws/thrown-text' }, 500, 'UNKNOWN', 'Internal server error'],
    [
      'a body over the limit',
      { method: 'POST', url: '/throws/echo', headers: json, payload: `"${'x'.repeat(1_000)}"` },
      413,
      'FST_ERR_CTP_BODY_TOO_LARGE',
      'The body is too large',
    ],
    [
      'a body that is not JSON',
      { method: 'POST', url: '/throws/echo', headers: json, payload: 'inner secret' },
      400,
      expect.any(String),
      'The request cannot be read',
    ],
    [
      'a body that poisons prototypes',
      { method: 'POST', url: '/throws/echo', headers: json, payload: '{"__proto__":{"inner secret":1}}' },
      400,
      expect.any(String),
      'The request cannot be read',
    ],
    [
      'an empty JSON body',
      { method: 'POST', url: '/throws/echo', headers: json },
      400,
      'FST_ERR_CTP_EMPTY_JSON_BODY',
      'The request cannot be read',
    ],
    [
      'a content type nobody reads',
      { method: 'POST', url: '/throws/echo', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
      415,
      'FST_ERR_CTP_INVALID_MEDIA_TYPE',
      'The content type is not supported',
    ],
  ] as const)(
    'answers %s in Nest’s shape and logs one line',
    async (_what, request, statusCode, code, message) => {
      const answer = await app.inject(request);
      expect(answer.statusCode).toBe(statusCode);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.json()).toEqual({ statusCode, message, error: expect.any(String) });
      expect(answer.body).not.toMatch(/inner secret|hunter2|ECONNREFUSED|abc|\.ts:/);
      expect(lines).toHaveLength(1);
      expect(lines[0]?.level).toBe(statusCode < 500 ? 'warn' : 'error');
      const [path] = request.url.split('?');
      expect(lines[0]?.line).toMatchObject({ status: statusCode, code, path });
      expect('err' in (lines[0]?.line ?? {})).toBe(statusCode >= 500);
    },
  );

  it('says when to come back: as the error asks, in whole seconds, or in two', async () => {
    expect((await app.inject('/throws/later')).headers['retry-after']).toBe('2');
    expect((await app.inject('/throws/unavailable')).headers['retry-after']).toBe('2');
    expect((await app.inject('/throws/crash')).headers['retry-after']).toBeUndefined();
  });

  it('breaks the connection when an answer fails half way', async () => {
    const address = await app.listen(0, '127.0.0.1').then(() => app.getUrl());
    const answer = await fetch(`${address}/throws/broken-stream`);
    await expect(answer.text()).rejects.toThrow();
  });
});

describe('The health probes', () => {
  it('answer alive, and ready with no parts', async () => {
    const live = await app.inject('/health/live');
    expect([live.statusCode, live.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await app.inject('/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ok', parts: {} }]);
  });
});
