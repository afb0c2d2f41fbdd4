import { Body, Controller, Delete, ForbiddenException, Get, Patch, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { Gate } from './gate.js';
import { Gates } from './gates.js';
import { HttpModule } from './http.module.js';

class PasswordGate extends Gate {
  constructor(readonly path: string) {
    super();
  }

  admit({ headers }: FastifyRequest): void {
    if (headers.authorization !== 'friend') throw new ForbiddenException();
  }
}

@Controller('guarded')
class GuardedController {
  @Get()
  get(): string {
    return 'in';
  }

  @Post()
  post(@Body() body: unknown): unknown {
    return body;
  }
}

@Controller('open')
class OpenController {
  @Get()
  get(): string {
    return 'in';
  }
}

@Controller('open')
class PostController {
  @Post()
  post(): void {}
}

@Controller('open')
class PatchController {
  @Patch()
  patch(): void {}
}

@Controller('open')
class DeleteController {
  @Delete()
  delete(): void {}
}

let app: NestFastifyApplication | null = null;

afterEach(async () => {
  await app?.close();
  app = null;
});

async function start(...controllers: (new () => object)[]): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({ imports: [HttpModule], controllers }).compile();
  const started = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  app = started;
  const gates = started.get(Gates);
  gates.add(new PasswordGate('/guarded'));
  gates.guard(started.getHttpAdapter().getInstance());
  await started.init();
  await started.getHttpAdapter().getInstance().ready();
  return started;
}

const json = { 'content-type': 'application/json' };

describe('Gates', () => {
  it('pass a request that the gate admits, with its body, and no other, whose body is not even parsed', async () => {
    const guarded = await start(GuardedController, OpenController);
    const post = (headers: object, payload: string) =>
      guarded.inject({ method: 'POST', url: '/guarded', headers: { ...json, ...headers }, payload });
    expect((await post({ authorization: 'friend' }, '{"a":1}')).json()).toEqual({ a: 1 });
    expect((await post({}, '{"a":')).statusCode).toBe(403);
    expect((await guarded.inject('/guarded')).statusCode).toBe(403);
    expect((await guarded.inject('/open')).statusCode).toBe(200);
  });

  it('answer 404 without a route, and do not parse the body', async () => {
    const guarded = await start(GuardedController);
    const answer = await guarded.inject({ method: 'POST', url: '/nowhere', headers: json, payload: '{"a":' });
    expect(answer.statusCode).toBe(404);
  });

  it.each([
    ['POST', PostController],
    ['PATCH', PatchController],
    ['DELETE', DeleteController],
  ] as const)('stop a start with an ungated route that reads bodies: %s', async (_method, controller) => {
    const outcome = await start(controller).then(() => 'started', String);
    expect(outcome).toMatch(/\/open reads bodies of anybody/);
  });

  it.each(['/guarded', '/guarded/deeper', '/'])('refuse a second gate for the same paths: %s', (path) => {
    const gates = new Gates();
    gates.add(new PasswordGate('/guarded'));
    expect(() => gates.add(new PasswordGate(path))).toThrow('two gates');
  });
});
