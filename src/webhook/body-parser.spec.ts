import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES, useBodyParser } from './body-parser.js';

@Controller('webhook')
class Door {
  @Post()
  take(): string {
    return 'taken';
  }
}

@Controller('admin')
class Office {
  @Post()
  take(): string {
    return 'taken';
  }
}

@Module({ controllers: [Door, Office] })
class House {}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(
    House,
    new FastifyAdapter({ bodyLimit: BODY_LIMIT_BYTES }),
    { bodyParser: false, logger: false },
  );
  useBodyParser(app);
  await app.init();
});
afterAll(() => app.close());

const post = async (payload: string, type = 'application/json', url = '/webhook') => {
  const headers = { 'content-type': type };
  return (await app.inject({ method: 'POST', url, headers, payload })).statusCode;
};

describe('A body', () => {
  it('is accepted up to one MiB and refused with one byte more', async () => {
    expect(await post('1'.repeat(1024 * 1024))).toBe(201);
    expect(await post('1'.repeat(1024 * 1024 + 1))).toBe(413);
  });

  it('is refused where its content type is not JSON', async () => {
    expect(await post('{}', 'text/plain')).toBe(415);
  });

  it('is refused where it would change the prototype of objects', async () => {
    const office = (body: string) => post(body, 'application/json', '/admin');
    expect(await office('{"name":"x"}')).toBe(201);
    expect(await office('{"__proto__":{"isAdmin":true}}')).toBe(400);
    expect(await office('{"constructor":{"prototype":{"isAdmin":true}}}')).toBe(400);
  });
});
