import { Body, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AdminThrottlerGuard } from '../../platform/throttling/admin-throttler.guard.js';
import { AdminActs } from './admin-acts.interceptor.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminKeyGuard } from './admin-key.guard.js';

class TableDto {
  @IsInt()
  seats: number;
}

const Booking = z.strictObject({ guests: z.int().min(1), note: z.string().trim().optional() });

@AdminApi('tables')
class TablesController {
  @Post()
  add(@Body() table: TableDto): TableDto {
    return table;
  }

  @Post('bookings')
  book(@Body({ schema: Booking }) booking: z.infer<typeof Booking>): object {
    return booking;
  }
}

describe('The body of an admin controller', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const everybody = { canActivate: () => true };
    const module = await Test.createTestingModule({ controllers: [TablesController] })
      .overrideGuard(AdminThrottlerGuard)
      .useValue(everybody)
      .overrideGuard(AdminKeyGuard)
      .useValue(everybody)
      .overrideInterceptor(AdminActs)
      .useValue({ intercept: (_context: unknown, next: { handle(): unknown }) => next.handle() })
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
  });
  afterAll(() => app.close());

  const post = async (path: string, payload: object) => {
    const response = await app.inject({ method: 'POST', url: `/admin/tables${path}`, payload });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  };

  it('may be a class with class-validator decorators', async () => {
    expect(await post('', { seats: 4 })).toEqual({ status: 201, body: { seats: 4 } });
    expect(await post('', { seats: 'four' })).toMatchObject({ status: 400 });
    expect(await post('', { seats: 4, wine: true })).toMatchObject({ status: 400 });
  });

  it('may have a Standard Schema', async () => {
    expect(await post('/bookings', { guests: 2, note: ' late ' })).toEqual({
      status: 201,
      body: { guests: 2, note: 'late' },
    });
    const refused = await post('/bookings', { guests: 0, wine: true });
    expect(refused).toMatchObject({
      status: 400,
      body: { message: [expect.stringMatching(/^guests: /), expect.stringContaining('wine')] },
    });
  });

  it('is described in the API’s description either way', () => {
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(JSON.stringify(paths['/admin/tables/bookings']?.post?.requestBody)).toContain('guests');
  });
});
